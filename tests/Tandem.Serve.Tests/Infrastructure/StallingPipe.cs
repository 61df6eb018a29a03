using System.Diagnostics;
using System.Text;
using Tandem.Interop;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A pipe for output whose reader takes nothing while it is told so, or goes away.</summary>
internal sealed class StallingPipe : IServeOutput, IDisposable
{
    private const int LookMilliseconds = 20;

    private readonly TemporaryFolder _folder = new();
    private readonly int _descriptor;
    private Thread? _reader;
    private volatile bool _isStalled;
    private volatile bool _isBroken;

    internal StallingPipe()
    {
        using (Process make = Process.Start("mkfifo", [_folder["output"]]))
            make.WaitForExit();

        // For both, so that opening it waits for nobody.
        _descriptor = Libc.Open(_folder["output"], Libc.O_RDWR | Libc.O_CLOEXEC);
        Assert.True(_descriptor >= 0);
    }

    public string Script => $"exec \"$0\" \"$@\" > '{_folder["output"]}' 2>&1";

    public void Begin(Action<string?> onLine)
    {
        _reader = new Thread(() => Read(onLine)) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>Reads no more, but for what is on its way.</summary>
    internal void Stall() => _isStalled = true;

    /// <summary>Reads again.</summary>
    internal void Flow() => _isStalled = false;

    /// <summary>Nobody reads any more, nor ever will: who writes is told so.</summary>
    internal void Break()
    {
        if (_isBroken)
            return;

        _isBroken = true;
        _reader?.Join();
        _ = Libc.Close(_descriptor);
    }

    public void Dispose()
    {
        Break();
        _folder.Dispose();
    }

    private unsafe void Read(Action<string?> onLine)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        var text = new StringBuilder();
        while (!_isBroken)
        {
            var poll = new Libc.PollFd { Fd = _descriptor, Events = Libc.POLLIN };
            if (_isStalled)
            {
                Thread.Sleep(LookMilliseconds);
                continue;
            }

            if (Libc.Poll(&poll, 1, LookMilliseconds) <= 0)
                continue;

            nint read = Libc.Read(_descriptor, buffer, Size);
            text.Append(Encoding.ASCII.GetString(buffer, (int)read));
            string[] lines = text.ToString().Split('\n');
            foreach (string line in lines.AsSpan(0, lines.Length - 1))
                onLine(line);

            text.Clear().Append(lines[^1]);
        }
    }
}
