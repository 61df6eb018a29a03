namespace Tandem.Launch;

/// <summary>
/// A program that is not this one and that worker processes run: its own <c>Main</c>, unmodified, beside a worker. The worker's only
/// work is what the program's hook offers (<see cref="Tandem.InWorker.WorkerHost.RunBeside"/>), so parent and program need neither
/// the same assemblies nor the same version of the runtime. Linux.
/// </summary>
internal abstract class GuestProgram : WorkerProgram
{
    internal sealed override bool IsForeign => true;

    /// <summary>How to start it; asked before every start, because what lies at a path may have changed.</summary>
    /// <exception cref="WorkerStartException">It cannot be started.</exception>
    internal abstract LaunchPlan CreatePlan();

    /// <summary>Descriptors that the process gets as numbers <see cref="LaunchProtocol.FirstGuestDescriptor"/> and up; closed here once it has them.</summary>
    internal abstract int[] OpenDescriptors();

    /// <summary>A line that the process wrote. Called on the thread that watches processes, so it must not wait for anything.</summary>
    internal abstract void OnOutput(int processId, string line, bool isError);

    /// <summary>The work that stands for what the program offers; it is never run in this process.</summary>
    internal static Task Work(CancellationToken cancellationToken) => throw new NotSupportedException("This is run by guests only.");
}
