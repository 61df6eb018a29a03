using System.Text.RegularExpressions;
using Tandem.BackgroundWork;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>Work that nobody awaits never ends the process.</summary>
public sealed partial class BackgroundWorkTests
{
    /// <summary>The projects whose code runs in the user's process.</summary>
    private static readonly string[] Projects = ["src/Tandem", "src/Tandem.Diagnostics", "src/Tandem.Hosting"];

    /// <summary>What starts work without the guard, by file and text, and why that is right.</summary>
    private static readonly Dictionary<(string File, string Text), string> Known = new()
    {
        [("Background.cs", "UnsafeQueueUserWorkItem(")] = "the guard itself",
        [("Background.cs", ".CreateTimer(")] = "the guard itself",
        [("Background.cs", ".UnsafeRegister(")] = "the guard itself",
        [("PortableWorkerProcess.cs", "Exited +=")] = "completes a task, whose continuation runs elsewhere",
        [("ProcessStacks.cs", "new Thread(")] = "catches everything, for the caller that joins it; the command stacks, not a pool",
    };

    [Fact]
    public void All_background_work_is_started_by_the_guard()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Tandem.slnx")))
            root = Path.GetDirectoryName(root)!;

        var found = new HashSet<(string File, string Text)>();
        foreach (string file in Projects.SelectMany(project => Directory.GetFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories)))
        {
            foreach (string line in File.ReadLines(file).Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)))
            {
                foreach (Match start in Starts().Matches(line))
                    found.Add((Path.GetFileName(file), start.Value));
            }
        }

        // What is new belongs into the class Background: it survives what the work throws, and tells what depends on it.
        Assert.Equal(Known.Keys.Order(), found.Order());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Whatever_fails_is_survived_and_told()
    {
        int before = Background.Failures;
        var told = new TaskCompletionSource<Exception>[4];
        for (int i = 0; i < told.Length; i++)
            told[i] = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);

        Background.Thread("fails", 0, static () => throw new FileNotFoundException("thread"), told[0].SetResult).UnsafeStart();
        Background.Queue(static _ => throw new FileNotFoundException("queue"), 0, (_, e) => told[1].SetResult(e));
        using ITimer timer = Background.Timer(static () => throw new FileNotFoundException("timer"), TimeSpan.Zero, told[2].SetResult);
        Background.Run(static () => throw new FileNotFoundException("run"), e =>
        {
            told[3].SetResult(e);
            throw new InvalidOperationException("the one who is told fails, too");
        });
        using var canceled = new CancellationTokenSource();
        Background.OnCanceled(static _ => throw new FileNotFoundException("token"), 0, canceled.Token);
        await canceled.CancelAsync();

        Exception[] errors = await Task.WhenAll(told.Select(static one => one.Task));
        Assert.Equal(["thread", "queue", "timer", "run"], errors.Select(static error => error.Message));
        Assert.True(Background.Failures - before >= 5);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("portable")]
    public async Task A_program_whose_folder_is_renamed_goes_on_and_works_again_when_it_is_back(string kind)
    {
        using var scratch = new Scratch();
        string folder = scratch.File("program");
        HostProgram.Copy(folder);
        using HostProgram program = HostProgram.StartIn(folder, "move", kind);

        Assert.Equal("moved", await program.ReadLineAsync());
        // Crashes, then starts that fail, each with an error of the pool's.
        Assert.Matches("^failed( WorkerCrashedException)+( WorkerStartException)+$", await program.ReadLineAsync());
        Assert.Equal("back", await program.ReadLineAsync());
        Assert.Equal("works", await program.ReadLineAsync());
        Assert.Equal(0, await program.ExitCodeAsync());
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task A_logger_that_throws_does_no_harm(WorkerTransport transport)
    {
        using var log = new ThrowingLog();
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport, LoggerFactory = log });

        Assert.Equal(1, await pool.RunAsync(static () =>
        {
            Console.WriteLine("a line for the log");
            return 1;
        }));
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(3)));
        Assert.Equal(2, await pool.RunAsync(static () => 2));
        await Eventually.Async(() => log.Calls > 0); // it is called in the background
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task A_callback_of_a_token_that_throws_in_a_worker_does_not_end_it(WorkerTransport transport)
    {
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport, CancellationGrace = Limits.Condition });
        using var scratch = new Scratch();
        Gate entered = scratch.Gate();
        using var cancel = new CancellationTokenSource();
        int before = await pool.RunAsync(static () => Environment.ProcessId);

        Task work = pool.RunAsync(token => WaitWithBadCallback(entered, token), cancellationToken: cancel.Token);
        await entered.OpenedAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.Equal(before, await pool.RunAsync(static () => Environment.ProcessId));
    }

    private static async Task WaitWithBadCallback(Gate entered, CancellationToken token)
    {
        await Task.Yield();
        using CancellationTokenRegistration registration = token.Register(static () => throw new InvalidOperationException("from a callback"));
        entered.Open();
        token.WaitHandle.WaitOne();
        token.ThrowIfCancellationRequested();
    }

    [GeneratedRegex(@"new (System\.Threading\.)?(Thread|Timer)\(|(Unsafe)?QueueUserWorkItem\(|\.CreateTimer\(|\basync void \w+\(|\bIThreadPoolWorkItem\b|PosixSignalRegistration\.Create\(|\.UnsafeRegister\(|\.Register\((static|\()|\b(ProcessExit|UnhandledException|Exited) \+=|RegisterWaitForSingleObject\(")]
    private static partial Regex Starts();

    private sealed class ThrowingLog : Microsoft.Extensions.Logging.ILoggerFactory, Microsoft.Extensions.Logging.ILogger
    {
        private int _calls;

        internal int Calls => Volatile.Read(ref _calls);

        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(Microsoft.Extensions.Logging.ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException("This logger throws.");
        }

        public void Dispose()
        {
        }
    }
}
