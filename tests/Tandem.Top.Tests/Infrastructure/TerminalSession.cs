namespace Tandem.Top.Tests.Infrastructure;

/// <summary>A shell in a terminal of 80 columns and 24 lines, which tmux plays.</summary>
internal sealed class TerminalSession : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Plain = [];

    // A server of its own, so that nobody's sessions are touched.
    private readonly string _server = $"tandem-test-{Guid.NewGuid():N}";

    private TerminalSession()
    {
    }

    /// <summary>Starts a shell; the test is skipped where there is no tmux.</summary>
    internal static async Task<TerminalSession> StartAsync()
    {
        CommandRun found = await Shell.RunAsync(AppContext.BaseDirectory, Plain, "sh", "-c", "command -v tmux");
        Assert.SkipWhen(found.ExitCode != 0, "tmux, which plays the terminal, is not installed here.");
        var session = new TerminalSession();
        await session.TmuxAsync("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "env", "PS1=$ ", "sh");
        await session.UntilAsync("$");
        return session;
    }

    public async ValueTask DisposeAsync() => await TmuxAsync("kill-server");

    /// <summary>Types a line and Return.</summary>
    internal async Task EnterAsync(string line)
    {
        await TmuxAsync("send-keys", "-l", line);
        await TmuxAsync("send-keys", "Enter");
    }

    /// <summary>Presses keys, by the names that tmux has for them.</summary>
    internal Task PressAsync(params string[] keys) => TmuxAsync(["send-keys", .. keys]);

    /// <summary>The screen's lines.</summary>
    internal async Task<string[]> ScreenAsync() => (await TmuxAsync("capture-pane", "-p")).TrimEnd('\n').Split('\n');

    /// <summary>The screen with the commands for how it looks.</summary>
    internal Task<string> LooksAsync() => TmuxAsync("capture-pane", "-p", "-e");

    /// <summary>What tmux knows of the terminal.</summary>
    internal async Task<string> StateAsync(string format) => (await TmuxAsync("display-message", "-p", format)).Trim();

    /// <summary>Waits until the screen is as it should be, and returns it.</summary>
    internal async Task<string[]> UntilAsync(Func<string[], bool> condition)
    {
        string[] screen = [];
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            screen = await ScreenAsync();
            if (condition(screen))
                return screen;

            await Task.Delay(20);
        }

        Assert.Fail($"The screen did not become what it should:\n{string.Join('\n', screen)}");
        return screen;
    }

    /// <summary>Waits until all of these texts are on the screen.</summary>
    internal Task<string[]> UntilAsync(params string[] texts) =>
        UntilAsync(screen => texts.All(text => screen.Any(line => line.Contains(text, StringComparison.Ordinal))));

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        CommandRun run = await Shell.RunAsync(AppContext.BaseDirectory, Plain, ["tmux", "-L", _server, .. arguments]);
        return run.Output;
    }
}
