namespace Tandem.Launch;

/// <summary>
/// Another program that worker processes run: its own <c>Main</c>, unmodified, in the same process as a worker. The worker runs only the
/// work that the program's hook offers (<c>WorkerHost.RunBeside</c>), so parent and program need neither the same assemblies nor the same
/// version of the runtime. Linux only.
/// </summary>
internal abstract class GuestProgram : WorkerProgram
{
    internal sealed override bool IsForeign => true;

    /// <summary>Creates the plan for the start. Called before every start, because the files may have changed.</summary>
    /// <exception cref="WorkerStartException">The program cannot be started.</exception>
    internal abstract LaunchPlan CreatePlan();

    /// <summary>
    /// Opens the descriptors that the process inherits as <see cref="LaunchProtocol.FirstGuestDescriptor"/> and following numbers. The
    /// caller closes them once the process has started.
    /// </summary>
    internal abstract int[] OpenDescriptors();

    /// <summary>Called for each line that the process writes, on the thread that watches processes. Must not block.</summary>
    internal abstract void OnOutput(int processId, string line, bool isError);

    /// <summary>A placeholder for the work that the program offers; it never runs in this process.</summary>
    internal static Task Work(CancellationToken cancellationToken) =>
        throw new NotSupportedException("Only a guest program runs this work.");
}
