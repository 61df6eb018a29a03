using System.Runtime.InteropServices;
using System.Text;
using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// Where log lines go. Past .NET's own streams: <see cref="Console"/> changes what happens on signals and with the terminal, and a
/// <see cref="FileStream"/> writes at positions of its own, over what others append to the file.
/// </summary>
internal sealed unsafe class LogDescriptor : IDisposable
{
    private const int StandardOutput = 1;
    private const int PollMilliseconds = 200;

    private readonly bool _isFile;
    private readonly bool _isTerminal;
    private int _descriptor;
    private bool _isWithinLine; // a part of a line was written, and its end was not
    private volatile bool _isGivenUp;

    private LogDescriptor(int descriptor, bool isFile)
    {
        _descriptor = descriptor;
        _isFile = isFile;
        _isTerminal = Libc.IsTerminal(descriptor);
    }

    internal static LogDescriptor OfStandardOutput() => new(StandardOutput, isFile: false);

    /// <summary>A file, or a named pipe, to which lines are appended.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static LogDescriptor OfFile(string path)
    {
        // Without waiting: a named pipe that nobody reads would hold up who opens it, and who writes to it.
        int descriptor = Libc.OpenToAppend(path);
        return descriptor >= 0 ? new LogDescriptor(descriptor, isFile: true) : throw new IOException(Libc.LastError());
    }

    /// <summary>Has a write that waits for a reader of a named pipe give up.</summary>
    internal void GiveUp() => _isGivenUp = true;

    /// <summary>Has it be written to again after <see cref="GiveUp"/>.</summary>
    internal void TakeBack() => _isGivenUp = false;

    /// <summary>Writes a line; false where it is lost, or its end is: nobody reads any more, or the disk is full.</summary>
    internal bool TryWrite(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(_isWithinLine ? $"\n{line}\n" : $"{line}\n");
        if (_isTerminal)
            Libc.BlockSignal(Libc.SIGTTOU); // for this thread: a job in the background would get one for each line, where the terminal is set so

        int written = 0;
        fixed (byte* pointer = bytes)
        {
            while (written < bytes.Length)
            {
                nint result = Libc.Write(_descriptor, pointer + written, bytes.Length - written);
                if (result >= 0)
                    written += (int)result;
                else if (!MayTryAgain(Marshal.GetLastPInvokeError()))
                    break;
            }
        }

        if (written > 0)
            _isWithinLine = bytes[written - 1] != '\n';

        return written == bytes.Length;
    }

    public void Dispose()
    {
        if (_isFile && _descriptor >= 0)
            _ = Libc.Close(_descriptor);
        _descriptor = -1;
    }

    private bool MayTryAgain(int error)
    {
        if (error == Libc.EINTR)
            return true;
        if (error != Libc.EAGAIN)
            return false;

        var poll = new Libc.PollFd { Fd = _descriptor, Events = Libc.POLLOUT };
        while (!_isGivenUp && Libc.Poll(&poll, 1, PollMilliseconds) == 0)
        {
        }

        return !_isGivenUp;
    }
}
