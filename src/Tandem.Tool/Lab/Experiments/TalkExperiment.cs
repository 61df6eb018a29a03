using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Tandem.Compare.Statistics;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>
/// Measures how long it takes to pass a message to another worker and get a response of the same size, for each kind of communication.
/// </summary>
[SupportedOSPlatform("linux")]
[SuppressMessage(
    "ApiDesign", "RS0030:Do not use banned APIs",
    Justification = "An experiment: what waiting and blocking cost is what it measures.")]
internal sealed class TalkExperiment : LabExperiment
{
    private static readonly int[] Sizes = [16, 1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 26];

    internal override string Name => "talk";

    internal override string Question => "What does it cost to talk: by the shared heap, shared memory, a pipe, a socket?";

    internal override string Expected =>
        "Threads hand over a reference, whatever its size; a pipe or socket copies every byte twice, and shared memory once.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int[] sizes = context.IsQuick ? [16, 1 << 16, 1 << 20] : Sizes;
        double budget = context.IsQuick ? 0.02 : 0.08;
        var ways = new List<(string Name, string Key, Way Way)>();
        try
        {
            foreach ((string name, string key, Func<Way> open) in (ReadOnlySpan<(string, string, Func<Way>)>)
                [
                    ("shared heap (a reference)", "heap", static () => new HeapWay()),
                    ("pool, shared memory (a copy)", "pool", static () => new PoolWay()),
                    ("SharedArray (handed over)", "shared_array", static () => new SharedArrayWay()),
                    ("pipe", "pipe", static () => new PipeWay()),
                    ("Unix socket", "unix_socket", static () => new SocketWay()),
                ])
            {
                ways.Add((name, key, open()));
            }

            LabRounds rounds = await LabRounds.MeasureAsync(context, ClaimsFor(sizes), context.Times(5, 3), round =>
            {
                var figures = new Dictionary<string, double>();
                foreach (int size in sizes)
                {
                    context.Begin(LabFigures.Bytes(size));
                    for (int turn = 0; turn < ways.Count; turn++)
                    {
                        (_, string key, Way way) = ways[(turn + round) % ways.Count];
                        figures[Figure(key, size)] = Measure(way, size, budget);
                    }
                }

                return Task.FromResult(figures);
            }).ConfigureAwait(false);
            return Tell(rounds, sizes, [.. ways.Select(static way => (way.Name, way.Key))]);
        }
        finally
        {
            foreach ((_, _, Way way) in ways)
                way.Dispose();
        }
    }

    private static LabClaim[] ClaimsFor(int[] sizes)
    {
        (int small, int large) = (sizes[0], sizes[^1]);
        string size = LabFigures.Bytes(large);
        // A difference of less than a tenth is irrelevant for a choice.
        const double Clearly = 1.1;
        return
        [
            new RatioClaim(
                $"a reference to {size} takes no longer than ten of {LabFigures.Bytes(small)}",
                Figure("heap", small),
                Figure("heap", large),
                0.1),
            new RatioClaim($"a copy of {size} takes longer than a reference", Figure("pool", large), Figure("heap", large), Clearly),
            new RatioClaim($"a pipe takes longer for {size} than shared memory", Figure("pipe", large), Figure("pool", large), Clearly),
            new RatioClaim("and so does a socket", Figure("unix_socket", large), Figure("pool", large), Clearly),
        ];
    }

    private static string Figure(string key, int size) => FormattableString.Invariant($"{key}_{size}_bytes_seconds");

    private static LabResult Tell(LabRounds rounds, int[] sizes, (string Name, string Key)[] ways)
    {
        string Time(int way, int size) => LabFigures.Seconds(rounds.Median(Figure(ways[way].Key, size)));

        var table = new LabTable("There and back", ["message", .. ways.Select(static way => way.Name)]);
        foreach (int size in sizes)
            table.Row([LabFigures.Bytes(size), .. Enumerable.Range(0, ways.Length).Select(way => Time(way, size))]);

        (int small, int large) = (sizes[0], sizes[^1]);
        var result = new LabResult(
            $"{LabFigures.Bytes(small)} there and back: heap {Time(0, small)}, pool {Time(1, small)}, "
            + $"pipe {Time(3, small)}, socket {Time(4, small)}. "
            + $"{LabFigures.Bytes(large)}: heap {Time(0, large)}, pool {Time(1, large)}, "
            + $"handed over {Time(2, large)}, pipe {Time(3, large)}, socket {Time(4, large)}.",
            rounds.Decision);
        foreach ((_, string key) in ways)
        {
            foreach (int size in sizes)
                result.Values[Figure(key, size)] = rounds.Median(Figure(key, size));
        }

        result.Tables.Add(table);
        result.Plots.Add((
            Charts.Dots(
                "There and back",
                "time",
                [.. sizes.Select(static size => LabFigures.Bytes(size))],
                [.. ways.Select(way =>
                    (way.Name.Split('(')[0].Trim(), sizes.Select(size => rounds.Median(Figure(way.Key, size))).ToArray()))],
                LabFigures.Seconds),
            table));
        return result;
    }

    private static double Measure(Way way, int size, double budget)
    {
        way.Prepare(size);
        way.Echo();
        var taken = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (taken.Count < 1 || (Stopwatch.GetElapsedTime(start).TotalSeconds < budget && taken.Count < 5_000))
        {
            long before = Stopwatch.GetTimestamp();
            way.Echo();
            taken.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        // All channels are open at the same time, and large messages are no longer needed.
        way.Prepare(1);
        return Series.Median(taken);
    }

    /// <summary>A kind of communication.</summary>
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

    /// <summary>Two pipes, which the worker opens by their paths in this process.</summary>
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
            // A pipe holds 64 KiB: a writer that does not read at the same time would block forever.
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
