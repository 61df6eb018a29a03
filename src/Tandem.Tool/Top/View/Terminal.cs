using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Threading.Channels;

namespace Tandem.Tool.Top.View;

/// <summary>
/// The full-screen mode of a terminal, its keys, and the signals that concern it. At the end, the former content is restored.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Terminal : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[0m\e[2J";

    // The last two codes: .NET switches the keypad to another mode when it reads keys, and does not restore it.
    private const string Leave = "\e[0m\e[?25h\e[?1049l\e[?1l\e>";

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly bool _isPlain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
    private string[] _shown = [];
    private (int Width, int Height) _size;

    internal Terminal()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)
            [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, Stop));
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Touch()));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Resume()));
        Write(Enter);
        if (!Console.IsInputRedirected)
            new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
    }

    /// <summary>Whether there is a terminal that supports escape codes.</summary>
    internal static bool IsInteractive =>
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Cancelled when the program is told to exit.</summary>
    internal CancellationToken Stopped => _stop.Token;

    internal static (int Width, int Height) Size => (Math.Max(Console.WindowWidth, 40), Math.Max(Console.WindowHeight, 6));

    /// <summary>The next key that was pressed; null if there is none.</summary>
    internal ConsoleKeyInfo? NextKey => _keys.Reader.TryRead(out ConsoleKeyInfo key) ? key : null;

    /// <summary>Ends a wait.</summary>
    internal void Touch() => _changes.Writer.TryWrite(true);

    /// <summary>Waits for a key, a change, or a time-out.</summary>
    internal async Task WaitAsync(TimeSpan limit)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timer.CancelAfter(limit);
        try
        {
            await _changes.Reader.ReadAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is up.
        }
    }

    /// <summary>Shows lines; only the lines that have changed are written.</summary>
    internal void Draw(IReadOnlyList<ScreenLine> lines)
    {
        (int Width, int Height) size = Size;
        if (size != _size)
        {
            _shown = [];
            _size = size;
            Write("\e[2J");
        }

        var text = new StringBuilder();
        string[] now = new string[size.Height];
        for (int row = 0; row < size.Height; row++)
        {
            now[row] = row < lines.Count ? Text(lines[row].Cut(size.Width), size.Width) : "";
            if (row >= _shown.Length || _shown[row] != now[row])
                text.Append("\e[").Append(row + 1).Append(";1H").Append(now[row]).Append("\e[K");
        }

        _shown = now;
        if (text.Length > 0)
            Write(text.ToString());
    }

    public void Dispose()
    {
        _signals.ForEach(static one => one.Dispose());
        Write(Leave);
        _output.Dispose();
    }

    private string Text(ScreenLine line, int width) => _isPlain ? line.ToPlain() : line.ToTerminal(width);

    private void ReadKeys()
    {
        try
        {
            while (true)
            {
                _keys.Writer.TryWrite(Console.ReadKey(intercept: true));
                Touch();
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            _stop.Cancel(); // the terminal is gone
        }
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    private void Suspend(PosixSignalContext context)
    {
        context.Cancel = true;
        Write(Leave);
        _ = Interop.Libc.Kill(Environment.ProcessId, Interop.Libc.SIGSTOP);
    }

    private void Resume()
    {
        Write(Enter);
        _size = default; // everything is drawn again
        Touch();
    }

    private void Write(string text)
    {
        try
        {
            _output.Write(Encoding.UTF8.GetBytes(text));
            _output.Flush();
        }
        catch (IOException)
        {
            _stop.Cancel(); // the terminal is gone
        }
    }
}
