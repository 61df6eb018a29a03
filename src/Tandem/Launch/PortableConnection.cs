using Tandem.Transport;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's side.</param>
/// <param name="name">The name of the pipes.</param>
internal sealed class PortableConnection(WorkerLink link, string name) : WorkerConnection
{
    internal override WorkerLink Link => link;

    internal override WorkerProcess Start(
        LaunchPlan plan, Func<string, Dictionary<string, string>> environment, IProcessObserver observer) =>
        PortableWorkerProcess.Start(plan, environment(name), observer);

    public override void Dispose()
    {
    }
}
