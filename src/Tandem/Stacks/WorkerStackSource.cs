using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Tandem.Stacks;

/// <summary>
/// Captures managed stacks of worker processes from outside. This requires large dependencies, so the implementation is in a package of
/// its own, <c>Tandem.Diagnostics</c>, which is found by name if the program references it.
/// </summary>
internal abstract class WorkerStackSource
{
    private const string Package = "Tandem.Diagnostics";
    private const string TypeName = "Tandem.Diagnostics.ClrStackSource";

    private static readonly Lazy<WorkerStackSource?> Found = new(Find);

    /// <summary>The source; null if the package is not referenced.</summary>
    internal static WorkerStackSource? Current => Found.Value;

    /// <summary>Captures the stack of a thread of a .NET process. Returns within about <paramref name="limit"/> in every case.</summary>
    /// <param name="processId">The process id.</param>
    /// <param name="threadId">The system's id of the thread; null for the main thread, or for a thread that runs user code.</param>
    /// <param name="limit">How long the capture may take.</param>
    /// <param name="stack">The frames, newest first, in the format of <see cref="Exception.StackTrace"/>.</param>
    /// <param name="problem">Why there is no stack, and what to do.</param>
    internal abstract bool TryCapture(int processId, int? threadId, TimeSpan limit, out string stack, out string problem);

    /// <summary>Loads the code of a capture, so that the first one is fast.</summary>
    internal abstract void WarmUp();

    [UnconditionalSuppressMessage("Trimming", "IL2026",
        Justification = "The type is optional, and only process pools use it; a trimmed program has none.")]
    private static WorkerStackSource? Find()
    {
        try
        {
            return Assembly.Load(new AssemblyName { Name = Package }).GetType(TypeName) is { } type
                ? (WorkerStackSource?)Activator.CreateInstance(type, nonPublic: true)
                : null;
        }
        catch (Exception e) when (
            e is IOException or BadImageFormatException or TargetInvocationException or TypeLoadException or InvalidCastException)
        {
            return null; // the package is not referenced, or has another version
        }
    }
}
