namespace Tandem.Diagnostics;

/// <summary>One frame, with the data by which its source line is found.</summary>
/// <param name="Method">The readable name of the method.</param>
/// <param name="ModuleFile">The file of its assembly; empty if there is none.</param>
/// <param name="Token">The method's metadata token in that assembly.</param>
/// <param name="Offset">The offset in its intermediate language, or one of the constants below.</param>
internal sealed record StackLine(string Method, string ModuleFile, int Token, int Offset)
{
    /// <summary>The offset is unknown, because the code was recompiled while it ran (on-stack replacement).</summary>
    internal const int Unknown = -1;

    /// <summary>No line is wanted, because this is not the user's code.</summary>
    internal const int NotWanted = -2;
}
