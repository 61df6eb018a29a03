using System.Runtime.InteropServices;
using System.Text;
using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// The destination of log lines. It does not use .NET's streams: <see cref="Console"/> changes the handling of signals and the terminal,
/// and a <see cref="FileStream"/> writes at its own positions, over data that other processes append to the file.
/// </summary>
internal sealed unsafe class LogDescriptor : IDisposable
{
    private const int StandardOutput = 1;
    private const int PollMilliseconds = 200;

    private readonly bool _isFile; // whether Dispose closes the descriptor
    private readonly bool _isTerminal; // whether the descriptor is a terminal
    private int _descriptor; // -1 after Dispose
    private bool _isWithinLine; // a line was written in part
    private volatile bool _isAbandoned; // set by Abandon, on another thread than the writer's

    private LogDescriptor(int descriptor, bool isFile)
    {
        _descriptor = descriptor;
        _isFile = isFile;
        _isTerminal = Libc.IsTerminal(descriptor);
    }

    internal static LogDescriptor OfStandardOutput() => new(StandardOutput, isFile: false);

    /// <summary>Opens a file, or a named pipe, to which lines are appended.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static LogDescriptor OfFile(string path)
    {
        // Non-blocking: a named pipe that no process reads would block the open and the writes.
        int descriptor = Libc.OpenToAppend(path);
        return descriptor >= 0 ? new LogDescriptor(descriptor, isFile: true) : throw new IOException(Libc.LastError());
    }

    /// <summary>Makes a write stop that waits for the reader of a named pipe.</summary>
    internal void Abandon() => _isAbandoned = true;

    /// <summary>Allows writes again after <see cref="Abandon"/>.</summary>
    internal void Resume() => _isAbandoned = false;

    /// <summary>
    /// Writes a line; false if the line, or the end of it, is lost because no process reads any more or because the disk is full.
    /// </summary>
    internal bool TryWrite(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(_isWithinLine ? $"\n{line}\n" : $"{line}\n");
        if (_isTerminal)
            // for this thread: a background job would get a signal for each line, if the terminal is configured so
            Libc.BlockSignal(Libc.SIGTTOU);

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
        while (!_isAbandoned && Libc.Poll(&poll, 1, PollMilliseconds) == 0)
        {
        }

        return !_isAbandoned;
    }
}
