using System.Globalization;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// Prevents processes from starting processes without end: the depth is passed in the environment. A worker that was started incorrectly
/// and is about to run the user's program exits instead.
/// </summary>
internal static class Nesting
{
    /// <summary>Returns the depth of this process, and the maximum.</summary>
    /// <exception cref="WorkerStartException">The maximum is reached.</exception>
    internal static (int Depth, int Limit) Check(ProcessPoolOptions options)
    {
        if (!ProcessRole.IsWorker && Environment.GetEnvironmentVariable(LaunchProtocol.WorkerVariable) is not null)
        {
            Console.Error.WriteLine("Tandem: this process was started as a worker but runs the program itself; it exits now.");
            Environment.Exit(LaunchProtocol.MisplacedExitCode);
        }

        int depth = Read(LaunchProtocol.DepthVariable, 0);
        int limit = depth == 0 ? options.MaxNesting : Read(LaunchProtocol.DepthLimitVariable, options.MaxNesting);
        if (depth >= limit)
        {
            throw new WorkerStartException(
                $"Pools of processes are already nested {limit} deep, the limit of the outermost pool. Use WorkerPool.Threads inside "
                + $"this work item, or raise {nameof(ProcessPoolOptions)}.{nameof(ProcessPoolOptions.MaxNesting)} in the first process.");
        }

        return (depth, limit);
    }

    private static int Read(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : fallback;
}
