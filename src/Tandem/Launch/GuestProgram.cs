namespace Tandem.Launch;

/// <summary>
/// Another program that worker processes run: its own <c>Main</c>, unmodified, in the same process as a worker. The worker runs only the
/// work that the program's hook offers (<c>WorkerHost.RunBeside</c>), so parent and program need neither the same assemblies nor the same
/// version of the runtime. Requires shared memory, so Linux. The process may outlive its parent; the program decides that itself.
/// </summary>
internal abstract class GuestProgram : LaunchableProgram
{
    internal sealed override bool IsForeign => true;

    internal sealed override bool HasOwnSupervisor => true;

    internal abstract override Action<int, string, bool> OutputSink { get; }

    /// <inheritdoc/>
    /// <remarks>They get the numbers from <see cref="LaunchProtocol.FirstGuestDescriptor"/> on.</remarks>
    internal abstract override int[] OpenDescriptors();

    /// <summary>A placeholder for the work that the program offers; it never runs in this process.</summary>
    internal static Task Work(CancellationToken cancellationToken) =>
        throw new NotSupportedException("Only a guest program runs this work.");
}
