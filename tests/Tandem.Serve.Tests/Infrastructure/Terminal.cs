using System.Runtime.InteropServices;
using System.Text;
using Tandem.Interop;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A terminal on which a server is started: it can be closed, and its output be stopped.</summary>
internal sealed partial class Terminal : IServeOutput, IDisposable
{
    private const int LookMilliseconds = 20;

    private readonly int _master;
    private readonly string _slave;
    private readonly string _before;
    private Thread? _reader;
    private volatile bool _isClosed;

    /// <param name="before">What stands before the server's own command, such as `nohup`.</param>
    internal Terminal(string before = "\"$0\" \"$@\"")
    {
        _before = before;
        _master = OpenMaster(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        Assert.True(_master >= 0 && Grant(_master) == 0 && Unlock(_master) == 0);
        _slave = Marshal.PtrToStringUTF8(NameOf(_master))!;
    }

    // In a session of its own, whose terminal it is; in this process, if possible.
    public string Script => $"exec < '{_slave}' > '{_slave}' 2>&1; exec setsid --ctty {_before}";

    public void Begin(Action<string?> onLine)
    {
        _reader = new Thread(() => Read(onLine)) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>As when a key is pressed together with Ctrl.</summary>
    internal unsafe void Control(char letter)
    {
        byte key = (byte)(letter - 'A' + 1);
        Assert.Equal(1, Libc.Write(_master, &key, 1));
    }

    /// <summary>As when its window is closed, or the connection to it breaks.</summary>
    internal void HangUp()
    {
        if (_isClosed)
            return;

        _isClosed = true;
        _reader?.Join();
        _ = Libc.Close(_master);
    }

    public void Dispose() => HangUp();

    private unsafe void Read(Action<string?> onLine)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        var text = new StringBuilder();
        while (!_isClosed)
        {
            var poll = new Libc.PollFd { Fd = _master, Events = Libc.POLLIN };
            if (Libc.Poll(&poll, 1, LookMilliseconds) <= 0)
                continue;

            nint read = Libc.Read(_master, buffer, Size);
            if (read <= 0)
            {
                Thread.Sleep(LookMilliseconds); // nobody has opened the other side, now or yet
                continue;
            }

            text.Append(Encoding.ASCII.GetString(buffer, (int)read));
            string[] lines = text.ToString().Split('\n');
            foreach (string line in lines.AsSpan(0, lines.Length - 1))
                onLine(line.TrimEnd('\r'));

            text.Clear().Append(lines[^1]);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt")]
    private static partial int OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt")]
    private static partial int Grant(int fd);

    [LibraryImport("libc", EntryPoint = "unlockpt")]
    private static partial int Unlock(int fd);

    [LibraryImport("libc", EntryPoint = "ptsname")]
    private static partial nint NameOf(int fd);
}
