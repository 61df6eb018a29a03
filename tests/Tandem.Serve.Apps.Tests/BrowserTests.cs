using Tandem.Serve.Apps.Tests.Infrastructure;
using Tandem.Serve.Apps.Tests.Pages;

namespace Tandem.Serve.Apps.Tests;

/// <summary>
/// What a browser's page, which asks all the time, sees of a server whose workers come and go. The page asks nothing again by itself;
/// Chromium does: a request on a connection that was used before (or opened in advance), to which no header of an answer came when the
/// connection broke, is sent again on another one. A request that is the first on its connection, or whose answer has begun, is lost
/// with its connection. An EventSource connects again, and says to the server which event was its last.
/// </summary>
[Collection<ChromiumCollection>]
public sealed class BrowserTests(ChromiumFixture chromium)
{
    private const int Limit = 180_000;
    private const int Rounds = 4;

    // Chromium opens no more to one host.
    private const int ConnectionsOfAPage = 6;

    // How Chromium names a connection that broke while it was used.
    private static readonly string[] BrokenConnection =
    [
        "net::ERR_CONNECTION_RESET", "net::ERR_CONNECTION_CLOSED", "net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED",
        "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONTENT_LENGTH_MISMATCH",
    ];

    [Theory(Timeout = Limit)]
    [InlineData(Hosting.Plain)]
    [InlineData(Hosting.Served)]
    public async Task A_page_stays_alive_while_nothing_happens(Hosting hosting)
    {
        chromium.SkipWhenMissing();
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(hosting, Site());
        await using OpenPage page = await OpenPage.OpenAsync(chromium, server.Address);

        Seen before = await page.LookAsync();
        Seen seen = await page.LookUntilAsync(now => now.HasGoneOnSince(before));

        AssertNothingWentWrong(seen);
        Assert.Equal(0, seen.Reconnects);
    }

    [Fact(Timeout = Limit)]
    public async Task A_page_sees_nothing_of_reloads()
    {
        chromium.SkipWhenMissing();
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(Hosting.Served, Site());
        await using OpenPage page = await OpenPage.OpenAsync(chromium, server.Address);
        for (int round = 0; round < Rounds; round++)
        {
            int[] old = await server.WorkersAsync();
            Signals.Send(server.Id, Signals.HangUp);
            await Eventually.Async(() => !old.Any(ProcFs.IsAlive), TimeSpan.FromMilliseconds(Limit), () => server.Output);

            Seen before = await page.LookAsync();
            Seen seen = await page.LookUntilAsync(now => now.HasGoneOnSince(before));

            AssertNothingWentWrong(seen);
            Assert.DoesNotContain(seen.FetchProcess, old);
            Assert.DoesNotContain(seen.EventProcess, old);
        }

        // Streams have no end of their own: each was ended with its process, in order.
        Assert.InRange((await page.LookAsync()).Reconnects, Rounds, 2 * Rounds);
    }

    [Fact(Timeout = Limit)]
    public async Task A_page_loses_no_more_than_the_killed_workers_connections()
    {
        chromium.SkipWhenMissing();
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(Hosting.Served, Site());
        await using OpenPage page = await OpenPage.OpenAsync(chromium, server.Address);
        for (int round = 0; round < Rounds; round++)
        {
            // Whom the page has just heard from, so that it has something to lose; in turn as its stream and as its questions.
            Seen before = await page.LookAsync();
            int victim = round % 2 == 0 ? before.EventProcess : before.FetchProcess;
            Signals.Send(victim, Signals.Kill);
            await Eventually.Async(() => !ProcFs.IsAlive(victim));
            await ReplacedAsync(server, victim);

            before = await page.LookAsync();
            await page.LookUntilAsync(now => now.HasGoneOnSince(before));
        }

        Seen seen = await page.LookAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{seen}");
        // What was inside a killed process is gone, and no server can hide that: only whoever asked may know that asking again is right.
        // A connection carries one request at a time, so there are no more losses than connections; the stream is one of them.
        Assert.InRange(seen.Failures.Length + seen.Reconnects, 0, Rounds * ConnectionsOfAPage);
        Assert.InRange(seen.Reconnects, 0, Rounds);
        // Nobody was turned away, or waited in vain.
        Assert.All(seen.LostRequests, static lost => Assert.Contains(lost.Split(' ')[0], BrokenConnection));
        Assert.All(seen.ConsoleErrors, static error => Assert.Contains(BrokenConnection, name => error.Contains(name, StringComparison.Ordinal)));
        // The stream went on where it broke, event by event.
        Assert.Equal((0, 0), (seen.Gaps, seen.Closed));
    }

    private static async Task ReplacedAsync(ServerUnderTest server, int victim)
    {
        int[] workers;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            workers = await server.WorkersAsync();
        }
        while (workers.Length != 2 || workers.Contains(victim));
    }

    private static void AssertNothingWentWrong(Seen seen)
    {
        Assert.True(
            seen is { Failures.Length: 0, ConsoleErrors.Length: 0, LostRequests.Length: 0, Gaps: 0, Closed: 0 },
            $"The page saw what it should not: {seen}");
    }

    private static Application Site() => Application.Assembly(Outputs.Of("Tandem.Serve.Apps.Tests.Site"), "Tandem.Serve.Apps.Tests.Site");
}
