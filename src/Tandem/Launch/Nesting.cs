using System.Globalization;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// The guard against processes that start processes without end: the depth travels in the environment. A worker that was sent to the
/// wrong place, and is about to run the user's program once more, ends instead.
/// </summary>
internal static class Nesting
{
    /// <summary>The depth of this process, and how deep it may go.</summary>
    /// <exception cref="WorkerStartException">Too deep.</exception>
    internal static (int Depth, int Limit) Check(ProcessPoolOptions options)
    {
        if (!ProcessRole.IsWorker && Environment.GetEnvironmentVariable(LaunchProtocol.WorkerVariable) is not null)
        {
            Console.Error.WriteLine("Tandem: this process was started as a worker but runs the program itself; it ends here.");
            Environment.Exit(LaunchProtocol.MisplacedExitCode);
        }

        int depth = Read(LaunchProtocol.DepthVariable, 0);
        int limit = depth == 0 ? options.MaxNesting : Read(LaunchProtocol.DepthLimitVariable, options.MaxNesting);
        if (depth >= limit)
        {
            throw new WorkerStartException(
                $"Pools of processes are nested {limit} deep already, which is the limit that the outermost pool set. Use WorkerPool.Threads inside "
                + $"this work item, or raise {nameof(ProcessPoolOptions)}.{nameof(ProcessPoolOptions.MaxNesting)} in the first process.");
        }

        return (depth, limit);
    }

    private static int Read(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : fallback;
}
