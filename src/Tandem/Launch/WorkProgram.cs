using System.Globalization;

namespace Tandem.Launch;

/// <summary>
/// A program whose code workers run without its <c>Main</c>. It has this version of the library, so that all of a call may travel to it.
/// </summary>
internal abstract class WorkProgram : LaunchableProgram
{
    internal sealed override bool IsForeign => false;

    private protected sealed override void AddSettings(ProcessPoolOptions options, Dictionary<string, string> environment)
    {
        // A worker is one process of many: use one heap and no background collector thread. The pool's own settings are applied later and
        // override these.
        environment["DOTNET_gcServer"] = "0";
        environment["DOTNET_gcConcurrent"] = "0";
        // Arguments and results are short-lived. In the large object heap, each of them would cost a full collection and new pages; in a
        // 64 MiB generation 0 they cost neither.
        environment.TryAdd("DOTNET_GCLOHThreshold", "0x2000000");
        environment.TryAdd("DOTNET_GCgen0size", FirstGeneration(options).ToString("x", CultureInfo.InvariantCulture));
    }

    private protected sealed override void AddVariables(LaunchPlan plan, Dictionary<string, string> environment) =>
        environment[LaunchProtocol.FoldersVariable] = PlugIns.Folders(plan.MoreFolders);

    /// <summary>Returns the size of generation 0, which is smaller if a worker's memory is limited.</summary>
    private static long FirstGeneration(ProcessPoolOptions options)
    {
        const long Largest = 64 << 20;
        const long Smallest = 1 << 20;
        long limit = options.MaxWorkerMemory ?? long.MaxValue;
        if (options.ItemDefaults is { MaxMemory: > 0 and var item })
            limit = Math.Min(limit, item);

        return Math.Clamp(limit / 16, Smallest, Largest);
    }
}
