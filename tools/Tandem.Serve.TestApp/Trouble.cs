using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serve.TestApp;

/// <summary>What goes wrong in applications, on demand.</summary>
internal static partial class Trouble
{
    private static readonly List<byte[]> Leaked = [];

    private static readonly Lazy<Node> Heap = new(() => Node.Tree(20));

    /// <summary>Thread-pool threads that wait in the old way; as many as asked for at most, and none longer than asked for.</summary>
    internal static async Task<string> BlockAsync(int milliseconds, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        // Where requests wait too, or a thread that the pool adds would serve those first. One that comes late sleeps the rest only.
        Task[] blocked = [.. Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(Sleep, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default))];
        Console.WriteLine($"{threads} threads of the pool are blocked");
        await Task.WhenAll(blocked);
        return "blocked";

        void Sleep()
        {
            TimeSpan rest = TimeSpan.FromMilliseconds(milliseconds) - Stopwatch.GetElapsedTime(start);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
        }
    }

    /// <summary>Answers when there is a file, and shows by another one that it has begun.</summary>
    internal static async Task<string> UntilAsync(string file)
    {
        await File.WriteAllTextAsync(file + ".new", $"{Environment.ProcessId}");
        File.Move(file + ".new", file + ".begun", overwrite: true);
        while (!File.Exists(file))
            await Task.Delay(5);

        return "released";
    }

    /// <summary>Full collections that stop all threads, one behind the other.</summary>
    internal static string Collect(int milliseconds)
    {
        // Small objects that refer to each other are what takes a collector long.
        Node heap = Heap.Value;
        long start = Stopwatch.GetTimestamp();
        int count = 0;
        do
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            count++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds);

        GC.KeepAlive(heap);
        return $"{count} collections";
    }

    /// <summary>Takes every thread that the pool has or ever makes. The answer may not come any more.</summary>
    internal static string Hang()
    {
        ThreadPool.GetMaxThreads(out int workers, out _);
        for (int i = 0; i < workers; i++)
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Thread.Sleep(Timeout.Infinite), null);

        return "hanging";
    }

    /// <summary>Lines on standard output, with numbers in front.</summary>
    internal static string Write(int lines, int length)
    {
        var fill = new string('x', length);
        for (int i = 0; i < lines; i++)
            Console.WriteLine($"filling {i} {fill}");

        return "written";
    }

    internal static string Leak(int mib)
    {
        byte[] block = GC.AllocateUninitializedArray<byte>(mib << 20);
        // Written, since pages that nobody wrote to are not memory yet.
        Array.Fill(block, (byte)1);
        lock (Leaked)
            Leaked.Add(block);

        return $"{Leaked.Count}";
    }

    internal static IResult Crash(string how)
    {
        switch (how)
        {
            case "failfast":
                Environment.FailFast("On purpose.");
                break;
            case "exit":
                // On a thread of its own: exiting waits for the host to stop, and that for the requests, of which this is one.
                Run(() => Environment.Exit(3));
                break;
            case "throw":
                Run(() => throw new InvalidOperationException("On purpose."));
                break;
            case "stackoverflow":
                Run(() => Recurse(0));
                break;
            case "segv":
                SetMemory(8, 1, 1);
                break;
            default:
                return Results.BadRequest();
        }

        return Results.Text("crashing");
    }

    private static void Run(Action action) => new Thread(() => action()).Start();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Recurse(long depth)
    {
        Span<long> frame = stackalloc long[64];
        frame.Fill(depth);
        return Recurse(depth + 1) + frame[(int)(depth & 63)];
    }

    [LibraryImport("libc", EntryPoint = "memset")]
    private static partial nint SetMemory(nint address, int value, nint length);

    private sealed class Node(Node? left, Node? right)
    {
        internal Node? Left { get; } = left;

        internal Node? Right { get; } = right;

        internal static Node Tree(int depth) => depth == 0 ? new Node(null, null) : new Node(Tree(depth - 1), Tree(depth - 1));
    }
}
