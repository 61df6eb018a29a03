using System.Diagnostics;
using System.Text.Json;

namespace Tandem.Serve.Apps.Tests.Pages;

/// <summary>What the page has seen so far, and what Chromium says about it.</summary>
internal sealed record Seen(
    int Fetches,
    int Events,
    int Images,
    int Scripts,
    string[] Failures,
    int Gaps,
    int Reconnects,
    int Closed,
    int FetchProcess,
    int EventProcess,
    int[] Processes,
    string[] ConsoleErrors,
    string[] LostRequests)
{
    /// <summary>Whether the page went on in all that it does, since it was looked at before.</summary>
    internal bool HasGoneOnSince(Seen before) =>
        Fetches >= before.Fetches + 5 && Events >= before.Events + 5 && Images >= before.Images + 2 && Scripts >= before.Scripts + 2;

    public override string ToString() => JsonSerializer.Serialize(this);
}

/// <summary>Chromium with one page open, driven by Playwright on Node.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly string _profile = Directory.CreateTempSubdirectory("tandem-chromium-").FullName;
    private readonly string _marker = Guid.NewGuid().ToString("N");
    private readonly Process _process;
    private readonly Task<string> _errors;

    private OpenPage(ChromiumFixture chromium, string address)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "Browser", "watch.mjs"), chromium.Program, _profile, address])
        {
            WorkingDirectory = chromium.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Shell.MarkerVariable] = _marker;
        // What a desktop's browser keeps beside its profile.
        start.Environment["HOME"] = _profile;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Returns when all that the page asks for came at least once.</summary>
    internal static async Task<OpenPage> OpenAsync(ChromiumFixture chromium, string address)
    {
        var page = new OpenPage(chromium, address);
        try
        {
            await page.LookUntilAsync(static seen => seen is { Fetches: > 0, Events: > 0, Images: > 0, Scripts: > 0 });
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    internal async Task<Seen> LookAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync("look".AsMemory(), Cancellation);
            await _process.StandardInput.FlushAsync(Cancellation);
        }
        catch (IOException)
        {
            // It has ended; the next line says what it said.
        }

        string? line = await _process.StandardOutput.ReadLineAsync(Cancellation);
        if (line is null)
            Assert.Fail($"The browser ended:\n{await _errors}");

        return JsonSerializer.Deserialize<Seen>(line, JsonSerializerOptions.Web)!;
    }

    /// <summary>Looks again and again until something was seen; the test's limit ends it.</summary>
    internal async Task<Seen> LookUntilAsync(Func<Seen, bool> condition)
    {
        while (true)
        {
            Seen seen = await LookAsync();
            if (condition(seen))
                return seen;

            if (Cancellation.IsCancellationRequested)
                Assert.Fail($"What was waited for did not happen in time: {seen}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        // Its end is orderly, unless it hangs.
        await Task.WhenAny(_process.WaitForExitAsync(CancellationToken.None), Task.Delay(Limits.Condition, CancellationToken.None));
        await Infrastructure.Signals.KillAllAsync(_process, _marker);
        _process.Dispose();
        Directory.Delete(_profile, recursive: true);
    }
}
