using Tandem.Top.Tests.Infrastructure;

namespace Tandem.Top.Tests;

/// <summary>The live view, in a terminal of 80 columns and 24 lines.</summary>
public sealed class LiveViewTests(TrafficFixture host) : IClassFixture<TrafficFixture>
{
    [Fact(Timeout = 2 * Limits.Test)]
    public async Task It_shows_pools_takes_keys_and_leaves_the_terminal_as_it_was()
    {
        await using TerminalSession terminal = await TerminalSession.StartAsync();
        await terminal.EnterAsync("stty -a > /dev/shm/$$.before; echo before");
        await terminal.UntilAsync(static screen => screen.Contains("before"));
        await terminal.EnterAsync($"{Tool.Path} top {host.IdText} --interval 300ms; echo code=$?");

        // All of it on one screen: the first ones may lack what the program tells next.
        string[] screen = await terminal.UntilAsync(static now => Has(now, "thumbnails: 3 processes", "parser: 2 threads", "resize photo-", "q quit", "restarts 1 (1 crashed)")
            && Has(now[..1], "2 pools, 5 workers"));
        Assert.All(screen, static line => Assert.True(line.Length <= 80, line));
        Assert.StartsWith("tandem top", screen[0], StringComparison.Ordinal);
        Assert.Contains("WORKER", screen[1], StringComparison.Ordinal);

        await terminal.PressAsync("o");
        await terminal.UntilAsync("by cpu");
        await terminal.PressAsync("p");
        await terminal.UntilAsync("PAUSED");
        await terminal.PressAsync("p", "/");
        await terminal.UntilAsync("Filter:");
        await terminal.PressAsync("p", "a", "r", "s", "e", "r", "Enter");
        await terminal.UntilAsync(static now => now[0].Contains("filter 'parser'", StringComparison.Ordinal) && !now.Any(static line => line.Contains("thumbnails", StringComparison.Ordinal)));
        await terminal.PressAsync("Escape");
        await terminal.UntilAsync(static now => Has(now, "thumbnails: 3 processes", "q quit") && !Has(now, "filter 'parser'"));
        await terminal.PressAsync("/", "l", "o", "g");
        await terminal.UntilAsync("Filter: log_");
        // Its effect is waited for before the next key: a program that reads both at once takes them for one key with Alt.
        await terminal.PressAsync("Escape");
        await terminal.UntilAsync("thumbnails: 3 processes", "q quit");
        await terminal.PressAsync("e");
        await terminal.UntilAsync("was ended by SIGKILL");
        await terminal.PressAsync("q", "h");
        await terminal.UntilAsync("Keys and columns");
        await terminal.PressAsync("q", "Down", "Down", "Down", "s");
        await terminal.UntilAsync("Stacks: worker ", "paused for");
        await terminal.PressAsync("q");
        await terminal.UntilAsync("q quit");
        await terminal.PressAsync("q");

        await terminal.UntilAsync(static now => now.Contains("code=0"));
        Assert.Equal("0 1", await terminal.StateAsync("#{alternate_on} #{cursor_flag}"));
        Assert.Equal("0", await terminal.StateAsync("#{keypad_cursor_flag}"));
        await terminal.EnterAsync("stty -a | diff - /dev/shm/$$.before && echo same; rm /dev/shm/$$.before");
        await terminal.UntilAsync(static now => now.Contains("same"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Ctrl_C_ends_it_and_leaves_the_terminal_clean()
    {
        await using TerminalSession terminal = await TerminalSession.StartAsync();
        await terminal.EnterAsync($"{Tool.Path} top {host.IdText}; echo code=$?");
        await terminal.UntilAsync("thumbnails: 3 processes");

        await terminal.PressAsync("C-c");

        await terminal.UntilAsync(static now => now.Contains("code=0"));
        Assert.Equal("0 1", await terminal.StateAsync("#{alternate_on} #{cursor_flag}"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Without_colors_nothing_has_a_look_and_a_mark_shows_what_is_selected()
    {
        await using TerminalSession terminal = await TerminalSession.StartAsync();
        await terminal.EnterAsync($"NO_COLOR=1 {Tool.Path} top {host.IdText}");
        await terminal.UntilAsync(static screen => screen.Any(static line => line.StartsWith(">Tandem.TestHost  pid", StringComparison.Ordinal)));
        await terminal.PressAsync("Down");
        await terminal.UntilAsync(static screen => screen.Any(static line => line.StartsWith("> ", StringComparison.Ordinal) && line.Contains("3 processes", StringComparison.Ordinal)));

        Assert.DoesNotContain('\e', await terminal.LooksAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_program_that_ends_ends_the_view_with_a_message()
    {
        await using var other = new HostFixture("traffic");
        await other.InitializeAsync();
        await using TerminalSession terminal = await TerminalSession.StartAsync();
        await terminal.EnterAsync($"{Tool.Path} top {other.IdText} --interval 300ms; echo code=$?");
        await terminal.UntilAsync("thumbnails: 3 processes");

        other.Kill();

        await terminal.UntilAsync(now => now.Contains("code=1") && now.Contains($"tandem top: process {other.IdText} has ended."));
        Assert.Equal("0 1", await terminal.StateAsync("#{alternate_on} #{cursor_flag}"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Watched_stacks_are_a_tree_that_q_ends()
    {
        await using TerminalSession terminal = await TerminalSession.StartAsync();
        await terminal.EnterAsync($"{Tool.Path} stacks {host.IdText} --watch; echo code=$?");
        await terminal.UntilAsync("ALL RUNNING", "q quit");

        await terminal.PressAsync("q");

        await terminal.UntilAsync(static now => now.Contains("code=0"));
        Assert.Equal("0 1", await terminal.StateAsync("#{alternate_on} #{cursor_flag}"));
    }

    private static bool Has(string[] screen, params string[] texts) => texts.All(text => screen.Any(line => line.Contains(text, StringComparison.Ordinal)));
}
