using Tandem.Tests.Infrastructure;
using Tandem.Transport;
using Tandem.Transport.Portable;

namespace Tandem.Tests.Processes;

/// <summary>The parent's end of a link over pipes, while its worker is killed.</summary>
public sealed class PortableLinkTests
{
    [Fact(Timeout = Limits.Test)]
    public void A_link_that_was_closed_before_it_starts_starts_nothing()
    {
        using var link = new PortableLink($"tandem-test-{Guid.NewGuid():N}");
        link.DrainAndClose();

        link.Start(new SilentSink());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_link_may_end_while_it_starts()
    {
        for (int i = 0; i < 200; i++)
        {
            using var link = new PortableLink($"tandem-test-{Guid.NewGuid():N}");
            using var together = new Barrier(2);
            var starting = Task.Run(() =>
            {
                together.SignalAndWait();
                link.Start(new SilentSink());
            });
            together.SignalAndWait();
            link.DrainAndClose();
            await starting;
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Once_the_worker_has_connected_nothing_has_the_names_of_the_pipes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using var scratch = new Scratch();
        string name = scratch.File("p");
        using var link = new PortableLink(name);
        link.Start(new SilentSink());
        Assert.Equal(2, Directory.GetFiles(scratch.Folder).Length);

        var worker = new PortableParentLink(name);

        await Eventually.Async(() => Directory.GetFiles(scratch.Folder).Length == 0);
        worker.Stop();
    }

    private sealed class SilentSink : IFrameSink
    {
        public void OnFrame(in Frame frame)
        {
        }

        public void OnBatchEnd()
        {
        }

        public void OnEnding()
        {
        }

        public void OnBroken(Exception cause)
        {
        }
    }
}
