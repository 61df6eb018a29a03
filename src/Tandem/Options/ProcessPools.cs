using System.Diagnostics.CodeAnalysis;

namespace Tandem;

/// <summary>
/// Whether this program can create pools of processes. A trimmed or natively compiled program cannot, because worker processes find methods
/// and types by name. In such programs, ILLink.Substitutions.xml makes <see cref="AreSupported"/> false, and the compiler removes the code
/// that only these pools need.
/// </summary>
internal static class ProcessPools
{
    /// <summary>The message of <see cref="RequiresUnreferencedCodeAttribute"/>: what trimming breaks.</summary>
    internal const string Trimmed =
        "Pools of processes find methods and types by name at run time, and trimming may remove them. Use WorkerPool.Threads.";

    /// <summary>The message of <see cref="RequiresDynamicCodeAttribute"/>.</summary>
    internal const string Native =
        "Pools of processes make generic types at run time, and start this program again with another entry. Use WorkerPool.Threads.";

    // The analyzer wants a value that is false in such programs, and does not read the substitutions file.
#pragma warning disable IL4000
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
    internal static bool AreSupported => true;
#pragma warning restore IL4000

    internal static WorkerStartException NotSupported() => new(
        "No worker can be started: this program is trimmed or natively compiled, and worker processes need what was left out. "
        + "Publish without PublishTrimmed and PublishAot, or use WorkerPool.Threads.");
}
