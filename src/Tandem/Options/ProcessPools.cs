using System.Diagnostics.CodeAnalysis;

namespace Tandem;

/// <summary>
/// Whether this program can have pools of processes. A trimmed or natively compiled one cannot: their workers find methods and types by
/// name. There ILLink.Substitutions.xml makes <see cref="AreSupported"/> false, and everything that only such pools need is left out.
/// </summary>
internal static class ProcessPools
{
    /// <summary>For <see cref="RequiresUnreferencedCodeAttribute"/>: what trimming removes.</summary>
    internal const string Trimmed = "Pools of processes find methods and types by name at run time, and trimming may remove them. Use WorkerPool.Threads.";

    /// <summary>For <see cref="RequiresDynamicCodeAttribute"/>.</summary>
    internal const string Native = "Pools of processes make generic types at run time, and start this program again with another entry. Use WorkerPool.Threads.";

    // The analyzer wants a value that it knows to be false in such a program; it does not read the file.
#pragma warning disable IL4000
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
    internal static bool AreSupported => true;
#pragma warning restore IL4000

    internal static WorkerStartException NotSupported() => new(
        "No worker can be started: this program is trimmed or natively compiled, and worker processes need what was left out. "
        + "Publish without PublishTrimmed and PublishAot, or use WorkerPool.Threads.");
}
