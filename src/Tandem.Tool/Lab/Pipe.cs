using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Interop;

namespace Tandem.Tool.Lab;

/// <summary>
/// A kernel pipe, used through system calls, so that nothing but the pipe is measured. Other processes of this user open its ends by their
/// paths.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class Pipe : IDisposable
{
    /// <summary>The capacity, in bytes.</summary>
    internal const int Capacity = 1 << 16;

    private readonly int _reader;
    private int _writer;

    internal Pipe()
    {
        int* ends = stackalloc int[2];
        if (Libc.Pipe2(ends, Libc.O_CLOEXEC) != 0)
            throw new LabException($"A pipe could not be created: {Libc.LastError()}.");

        (_reader, _writer) = (ends[0], ends[1]);
    }

    private Pipe(int reader, int writer) => (_reader, _writer) = (reader, writer);

    internal string ReadPath => Path(_reader);

    internal string WritePath => Path(_writer);

    /// <summary>Opens one end of each of two pipes of another process: it reads from the first and writes to the second.</summary>
    internal static Pipe Open(string readPath, string writePath)
    {
        const int O_WRONLY = 1;
        int reader = Libc.Open(readPath, Libc.O_RDONLY | Libc.O_CLOEXEC);
        int writer = Libc.Open(writePath, O_WRONLY | Libc.O_CLOEXEC);
        return reader >= 0 && writer >= 0
            ? new Pipe(reader, writer)
            : throw new LabException($"{readPath} cannot be opened: {Libc.LastError()}.");
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = Libc.Write(_writer, start + done, bytes.Length - done);
                if (written < 0)
                    throw new LabException($"A pipe cannot be written: {Libc.LastError()}.");

                done += (int)written;
            }
        }
    }

    /// <summary>Waits for some bytes; returns 0 if no process will write any more.</summary>
    internal int Read(Span<byte> bytes)
    {
        fixed (byte* start = bytes)
            return (int)Libc.Read(_reader, start, bytes.Length);
    }

    internal void ReadExactly(Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            int read = Read(bytes[done..]);
            if (read <= 0)
                throw new LabException("The other side of a pipe is gone.");

            done += read;
        }
    }

    /// <summary>Signals the end of the data.</summary>
    internal void CloseWriter()
    {
        if (_writer >= 0)
            _ = Libc.Close(_writer);
        _writer = -1;
    }

    public void Dispose()
    {
        CloseWriter();
        _ = Libc.Close(_reader);
    }

    private static string Path(int descriptor) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{descriptor}");
}
