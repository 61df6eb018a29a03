using System.Runtime.Versioning;
using Tandem.Diagnostics;
using Tandem.Tool.Top.View;

namespace Tandem.Tool.Stacks;

/// <summary>The live view of the call tree.</summary>
[SupportedOSPlatform("linux")]
internal static class WatchView
{
    internal static async Task RunAsync(StacksSettings settings, ProcessStacks stacks, StackTree tree)
    {
        using var terminal = new Terminal();
        int top = 0;
        long due = 0;
        while (!terminal.Stopped.IsCancellationRequested && tree.Samples < (settings.Samples ?? int.MaxValue))
        {
            if (Environment.TickCount64 >= due)
            {
                tree.Add(stacks.Take(settings.ThreadId));
                due = Environment.TickCount64 + (long)settings.Interval.TotalMilliseconds;
            }

            while (terminal.NextKey is { } key)
            {
                if (key.KeyChar == 'q' || key.Key == ConsoleKey.Escape)
                    return;

                top += key.Key switch
                {
                    ConsoleKey.UpArrow => -1,
                    ConsoleKey.DownArrow => 1,
                    ConsoleKey.PageUp => -10,
                    ConsoleKey.PageDown => 10,
                    _ => 0
                };
            }

            (int _, int height) = Terminal.Size;
            string[] lines = [.. tree.Lines()];
            top = Math.Clamp(top, 0, Math.Max(0, lines.Length - (height - 1)));
            ScreenLine[] screen = [.. lines.Skip(top).Take(height - 1).Select(static line => new ScreenLine().Add(line))];
            terminal.Draw(
            [
                .. screen,
                .. Enumerable.Repeat(new ScreenLine(), height - 1 - screen.Length),
                new ScreenLine().Add("q quit  up/down scroll", Look.Dim)
            ]);
            await terminal.WaitAsync(TimeSpan.FromMilliseconds(Math.Max(1, due - Environment.TickCount64))).ConfigureAwait(false);
        }
    }
}
