using Tandem.Stacks;

namespace Tandem.Serve.Workers;

/// <summary>The stack of a worker, as text for the log.</summary>
internal static class WorkerStack
{
    /// <summary>The time limit for reading a stack: long enough for the debugging library to load on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Reads the stack of a worker, or says why it cannot be read. This takes a while.</summary>
    /// <param name="processId">The worker's process.</param>
    /// <param name="threadId">The system's id of the thread; null for all threads.</param>
    internal static string Describe(int processId, int? threadId = null)
    {
        if (WorkerStackSource.Current is not { } source)
            return "Its stack cannot be shown without Tandem.Diagnostics.";

        return source.TryCapture(processId, threadId, Limit, out string stack, out string problem)
            ? $"Its stack:\n{stack}"
            : $"Its stack could not be read: {problem}";
    }
}
