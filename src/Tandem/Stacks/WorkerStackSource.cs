using System.Reflection;

namespace Tandem.Stacks;

/// <summary>
/// Takes managed stacks of worker processes from outside. What that needs is heavy, so it is in a package of its own,
/// <c>Tandem.Diagnostics</c>, which is found by name where the program references it.
/// </summary>
internal abstract class WorkerStackSource
{
    private const string Package = "Tandem.Diagnostics";
    private const string TypeName = "Tandem.Diagnostics.ClrStackSource";

    private static readonly Lazy<WorkerStackSource?> Found = new(Find);

    /// <summary>The source; null where the package is not there.</summary>
    internal static WorkerStackSource? Current => Found.Value;

    /// <summary>Takes the stack of a thread of a process that runs .NET; returns within about <paramref name="limit"/> whatever happens.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="threadId">The system's number of the thread; null for the main thread, or whichever runs code of the user's.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="stack">The frames, newest first, as in <see cref="Exception.StackTrace"/>.</param>
    /// <param name="problem">Why there is none, and what to do.</param>
    internal abstract bool TryCapture(int processId, int? threadId, TimeSpan limit, out string stack, out string problem);

    /// <summary>Loads what a capture needs, so that the first one is fast.</summary>
    internal abstract void WarmUp();

    private static WorkerStackSource? Find()
    {
        try
        {
            return Assembly.Load(new AssemblyName { Name = Package }).GetType(TypeName) is { } type
                ? (WorkerStackSource?)Activator.CreateInstance(type, nonPublic: true)
                : null;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TargetInvocationException or TypeLoadException or InvalidCastException)
        {
            return null; // not referenced, or not of this version
        }
    }
}
