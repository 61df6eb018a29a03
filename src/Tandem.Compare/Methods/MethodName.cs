namespace Tandem.Compare.Methods;

/// <summary>A method that a user named on a command line, in an assembly.</summary>
/// <param name="Assembly">The full path of the assembly.</param>
/// <param name="Method">Namespace.Type.Method.</param>
/// <param name="IsProgram">
/// Whether the measured process runs that program; otherwise the assembly is loaded into a process of this program.
/// </param>
internal sealed record MethodName(string Assembly, string Method, bool IsProgram);
