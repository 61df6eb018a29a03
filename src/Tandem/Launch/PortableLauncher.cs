using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Launch;

/// <summary>Starts processes with <see cref="Process"/>. Works on every system; passes no descriptors.</summary>
internal sealed class PortableLauncher : ProcessLauncher
{
    internal override bool PassesDescriptors => false;

    internal override void Post(Action action) => Background.Queue(static action => action(), action);

    internal override WorkerProcess Start(
        LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors, IProcessObserver observer)
    {
        Debug.Assert(descriptors.IsEmpty);
        return PortableWorkerProcess.Start(plan, environment, observer);
    }

    public override void Dispose()
    {
    }
}
