using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Tandem.Bench.Children;

/// <summary>
/// Another process that sends arrays back, through pipes or a Unix socket: what a user would write first. Each array is announced by its
/// length, and read into a new array.
/// </summary>
internal sealed class EchoPeer : IDisposable
{
    private readonly Process _process;
    private readonly Stream _input; // what the other process sends
    private readonly Stream _output; // what it reads
    private readonly byte[] _header = new byte[sizeof(int)];

    private EchoPeer(Process process, Stream input, Stream output)
    {
        _process = process;
        _input = input;
        _output = output;
    }

    internal static EchoPeer OverPipes()
    {
        Process process = ChildProcess.Start(ChildRoles.EchoBytes, "-");
        return new EchoPeer(process, process.StandardOutput.BaseStream, process.StandardInput.BaseStream);
    }

    internal static EchoPeer OverSocket()
    {
        string path = Path.Combine(
            Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"tandem-bench-{Environment.ProcessId}-echo.sock"));
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Process process = ChildProcess.Start(ChildRoles.EchoBytes, path);
        Socket accepted = listener.Accept();
        File.Delete(path);
        var stream = new NetworkStream(accepted, ownsSocket: true);
        return new EchoPeer(process, stream, stream);
    }

    /// <summary>Runs in the other process, until its input ends.</summary>
    internal static void Run(string path)
    {
        if (path == "-")
        {
            using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
            Echo(input, output);
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        using var stream = new NetworkStream(socket);
        Echo(stream, stream);
    }

    /// <summary>Sends an array and reads it back. Returns its length.</summary>
    internal async ValueTask<int> EchoAsync(byte[] payload)
    {
        // Both at once: the other process begins to answer when it has read everything, but a pipe is small.
        Task sending = Task.Run(() => Send(_output, payload));
        byte[] answer = Receive(_input, _header);
        await sending;
        return answer.Length;
    }

    public void Dispose()
    {
        if (_input == _output)
            _input.Dispose(); // the socket; pipes belong to the process
        ChildProcess.End(_process);
    }

    private static void Echo(Stream input, Stream output)
    {
        byte[] header = new byte[sizeof(int)];
        try
        {
            while (true)
                Send(output, Receive(input, header));
        }
        catch (Exception e) when (e is EndOfStreamException or IOException)
        {
            // The other side has ended.
        }
    }

    private static void Send(Stream to, byte[] payload)
    {
        Span<byte> header = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
        to.Write(header);
        to.Write(payload);
        to.Flush();
    }

    private static byte[] Receive(Stream from, byte[] header)
    {
        from.ReadExactly(header);
        byte[] payload = GC.AllocateUninitializedArray<byte>(BinaryPrimitives.ReadInt32LittleEndian(header));
        from.ReadExactly(payload);
        return payload;
    }
}
