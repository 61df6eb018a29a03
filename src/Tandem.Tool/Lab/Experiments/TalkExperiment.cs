using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Tandem.Compare.Statistics;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>How long it takes to hand a message to another worker and have an answer of the same size, by each way there is.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TalkExperiment : LabExperiment
{
    private static readonly int[] Sizes = [16, 1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 26];

    internal override string Name => "talk";

    internal override string Question => "What does it cost to talk: by the shared heap, shared memory, a pipe, a socket?";

    internal override string Expected => "Threads hand over a reference, whatever its size; a pipe or socket copies every byte twice, and shared memory once.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int[] sizes = context.IsQuick ? [16, 1 << 16, 1 << 20] : Sizes;
        double budget = context.IsQuick ? 0.05 : 0.4;
        var ways = new List<(string Name, string Key, double[] Seconds)>();
        foreach ((string name, string key, Func<Way> open) in (ReadOnlySpan<(string, string, Func<Way>)>)
            [
                ("shared heap (a reference)", "heap", static () => new HeapWay()),
                ("pool, shared memory (a copy)", "pool", static () => new PoolWay()),
                ("SharedArray (handed over)", "shared_array", static () => new SharedArrayWay()),
                ("pipe", "pipe", static () => new PipeWay()),
                ("Unix socket", "unix_socket", static () => new SocketWay()),
            ])
        {
            context.Begin(name);
            using Way way = open();
            ways.Add((name, key, [.. sizes.Select(size => Measure(way, size, budget))]));
        }

        await Task.CompletedTask.ConfigureAwait(false);
        var table = new LabTable("There and back", ["message", .. ways.Select(static way => way.Name)]);
        for (int i = 0; i < sizes.Length; i++)
            table.Row([LabFigures.Bytes(sizes[i]), .. ways.Select(way => LabFigures.Seconds(way.Seconds[i]))]);

        int large = sizes.Length - 1;
        double heap = ways[0].Seconds[large], pool = ways[1].Seconds[large], handed = ways[2].Seconds[large], pipe = ways[3].Seconds[large], socket = ways[4].Seconds[large];
        var result = new LabResult(
            $"16 B there and back: heap {LabFigures.Seconds(ways[0].Seconds[0])}, pool {LabFigures.Seconds(ways[1].Seconds[0])}, pipe {LabFigures.Seconds(ways[3].Seconds[0])}, socket {LabFigures.Seconds(ways[4].Seconds[0])}. "
            + $"{LabFigures.Bytes(sizes[large])}: heap {LabFigures.Seconds(heap)}, pool {LabFigures.Seconds(pool)}, handed over {LabFigures.Seconds(handed)}, pipe {LabFigures.Seconds(pipe)}, socket {LabFigures.Seconds(socket)}.",
            heap < pool && pool < Math.Min(pipe, socket) ? LabVerdict.Holds : LabVerdict.Partly);
        foreach ((_, string key, double[] seconds) in ways)
        {
            for (int i = 0; i < sizes.Length; i++)
                result.Values[FormattableString.Invariant($"{key}_{sizes[i]}_bytes_seconds")] = seconds[i];
        }

        result.Tables.Add(table);
        result.Plots.Add((Charts.Dots("There and back", "time", [.. sizes.Select(static size => LabFigures.Bytes(size))], [.. ways.Select(static way => (way.Name.Split('(')[0].Trim(), way.Seconds))], LabFigures.Seconds), table));
        return result;
    }

    private static double Measure(Way way, int size, double budget)
    {
        way.Prepare(size);
        way.Echo();
        var taken = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (taken.Count < 5 || (Stopwatch.GetElapsedTime(start).TotalSeconds < budget && taken.Count < 20_000))
        {
            long before = Stopwatch.GetTimestamp();
            way.Echo();
            taken.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        return Series.Median(taken);
    }

    /// <summary>A way to talk.</summary>
    private abstract class Way : IDisposable
    {
        protected byte[] Message { get; private set; } = [];

        internal virtual void Prepare(int size) => Message = new byte[size];

        internal abstract void Echo();

        public abstract void Dispose();
    }

    private sealed class HeapWay : Way
    {
        private readonly Channel<byte[]> _there = Channel.CreateUnbounded<byte[]>();
        private readonly Channel<byte[]> _back = Channel.CreateUnbounded<byte[]>();

        internal HeapWay() => new Thread(() =>
        {
            while (_there.Reader.WaitToReadAsync().AsTask().Result)
            {
                while (_there.Reader.TryRead(out byte[]? message))
                    _back.Writer.TryWrite(message);
            }
        })
        { IsBackground = true }.Start();

        internal override void Echo()
        {
            _there.Writer.TryWrite(Message);
            _ = _back.Reader.ReadAsync().AsTask().Result;
        }

        public override void Dispose() => _there.Writer.Complete();
    }

    private sealed class PoolWay : Way
    {
        private readonly WorkerPool _pool = WorkerPool.Processes(1);

        internal override void Echo()
        {
            byte[] message = Message;
            _ = _pool.RunAsync(() => message).Result;
        }

        public override void Dispose() => _pool.DisposeAsync().AsTask().Wait();
    }

    private sealed class SharedArrayWay : Way
    {
        private readonly WorkerPool _pool = WorkerPool.Processes(1);
        private SharedArray<byte>? _array;

        internal override void Prepare(int size)
        {
            _array?.Dispose();
            _array = new SharedArray<byte>(size);
        }

        internal override void Echo()
        {
            SharedArray<byte> array = _array!;
            _pool.RunAsync(() => array.Span[0]++).Wait();
        }

        public override void Dispose()
        {
            _array?.Dispose();
            _pool.DisposeAsync().AsTask().Wait();
        }
    }

    /// <summary>Two pipes, which the worker opens by what they are to this process.</summary>
    private sealed class PipeWay : Way
    {
        private readonly WorkerPool _pool = WorkerPool.Processes(1);
        private readonly Pipe _there = new();
        private readonly Pipe _back = new();
        private readonly Task _echo;

        internal PipeWay()
        {
            (string input, string output) = (_there.ReadPath, _back.WritePath);
            _echo = _pool.RunAsync(() => Echo(input, output));
        }

        internal override void Echo()
        {
            // A pipe holds 64 KiB: who writes and does not read would wait for ever.
            Task write = Message.Length > Pipe.Capacity ? Task.Run(Write) : Task.CompletedTask;
            if (write.IsCompleted)
                Write();

            _back.ReadExactly(Message);
            write.Wait();

            void Write() => _there.Write(Message);
        }

        public override void Dispose()
        {
            _there.CloseWriter();
            _echo.Wait();
            _there.Dispose();
            _back.Dispose();
            _pool.DisposeAsync().AsTask().Wait();
        }

        private static void Echo(string input, string output)
        {
            using var pipe = Pipe.Open(input, output);
            var buffer = new byte[Pipe.Capacity];
            int read;
            while ((read = pipe.Read(buffer)) > 0)
                pipe.Write(buffer.AsSpan(0, read));
        }
    }

    private sealed class SocketWay : Way
    {
        private readonly WorkerPool _pool = WorkerPool.Processes(1);
        private readonly string _folder = Directory.CreateTempSubdirectory("tandem-lab-").FullName;
        private readonly Socket _socket;
        private readonly Task _echo;

        internal SocketWay()
        {
            string path = Path.Combine(_folder, "s");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            _echo = _pool.RunAsync(() => Echo(path));
            _socket = listener.Accept();
        }

        internal override void Echo()
        {
            Task write = Message.Length > Pipe.Capacity ? Task.Run(Write) : Task.CompletedTask;
            if (write.IsCompleted)
                Write();

            for (int read = 0; read < Message.Length;)
                read += _socket.Receive(Message.AsSpan(read));
            write.Wait();

            void Write() => _socket.Send(Message);
        }

        public override void Dispose()
        {
            _socket.Dispose();
            _echo.Wait();
            _pool.DisposeAsync().AsTask().Wait();
            Directory.Delete(_folder, recursive: true);
        }

        private static void Echo(string path)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            var buffer = new byte[Pipe.Capacity];
            int read;
            while ((read = socket.Receive(buffer)) > 0)
                socket.Send(buffer.AsSpan(0, read));
        }
    }
}
