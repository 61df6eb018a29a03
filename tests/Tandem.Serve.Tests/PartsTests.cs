using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using CsCheck;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;
using Tandem.Tool.Serve;

namespace Tandem.Serve.Tests;

/// <summary>What the parts promise each other.</summary>
public sealed class PartsTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Theory]
    [InlineData("DOTNET_gcServer", "1")]
    [InlineData("COMPlus_GCHeapHardLimitPercent", "10")]
    [InlineData("MALLOC_ARENA_MAX", "8")]
    public void What_the_user_has_set_for_the_workers_stays(string name, string value)
    {
        var options = new ServeOptions { Command = ["app.dll"] };
        var own = new Dictionary<string, string> { [name] = value };
        Dictionary<string, string> without = MachineShare.Of(options, Environment.ProcessorCount, 1_000_000_000, NoVariables);
        Dictionary<string, string> with = MachineShare.Of(options, Environment.ProcessorCount, 1_000_000_000, own);
        Assert.Equal(without.Count - 1, with.Count);
        Assert.DoesNotContain(name, with.Keys);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("7", 7_000)]
    public void Times_are_read_as_people_write_them(string text, double milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Quantity.Duration(text));

    [Theory]
    [InlineData("500M", 500L << 20)]
    [InlineData("2G", 2L << 30)]
    [InlineData("64KiB", 64L << 10)]
    [InlineData("1000", 1000)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes) => Assert.Equal(bytes, Quantity.Size(text));

    [Fact]
    public void Nonsense_is_no_time_and_no_size() => Gen.String.Sample(static text =>
    {
        if (text.Length > 0 && !char.IsAsciiDigit(text[0]) && text[0] != '.')
        {
            Assert.Null(Quantity.Duration(text));
            Assert.Null(Quantity.Size(text));
        }
    });

    [Fact]
    public void End_points_come_back_as_they_went() => Gen.Select(Gen.UInt, Gen.UShort, Gen.Bool).Sample(static (address, port, isLong) =>
    {
        byte[] bytes = BitConverter.GetBytes(address);
        var endPoint = new IPEndPoint(new IPAddress(isLong ? [.. bytes, .. bytes, .. bytes, .. bytes] : bytes), port);
        Assert.Equal(endPoint, EndPointText.Read(EndPointText.Write(endPoint)));
    });

    [Fact]
    public void Settings_come_back_as_they_went() =>
        Gen.Select(Gen.Int, Gen.Int, Gen.String[Gen.Char.AlphaNumeric, 0, 20], Gen.Bool, Gen.String[Gen.Char.AlphaNumeric, 0, 20]).Sample(static (a, b, text, flag, other) =>
        {
            var settings = new WorkerSettings(a, b, text, a, b, a, b * 5_000_000_000L, b, b, a, flag, !flag, other, flag, other, text, other, a);
            Assert.Equal(settings, WorkerSettings.Read(settings.Write()));
        });

    [Fact]
    public void Messages_arrive_whole_with_what_is_attached_and_end_with_the_other_side()
    {
        MessageSocket one = MessageSocket.CreatePair(out int descriptor);
        using var other = new MessageSocket(descriptor, waits: true);
        using var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        file.WriteByte(42);
        Assert.True(one.TrySend("verb", "the rest of it", (int)file.SafeFileHandle.DangerousGetHandle()));
        Assert.True(one.TrySend("bare"));
        Assert.Equal(ReceiveOutcome.Message, other.Receive(-1, out Message first));
        Assert.Equal(("verb", "the rest of it"), (first.Verb, first.Rest));
        Assert.Equal(file.Name, Libc.ReadLink($"/proc/self/fd/{first.Descriptor}"));
        _ = Libc.Close(first.Descriptor);
        Assert.Equal(ReceiveOutcome.Message, other.Receive(-1, out Message second));
        Assert.Equal(("bare", "", -1), (second.Verb, second.Rest, second.Descriptor));
        Assert.Equal(ReceiveOutcome.Nothing, other.Receive(0, out _));
        one.Dispose();
        Assert.Equal(ReceiveOutcome.End, other.Receive(-1, out _));
        Assert.False(other.TrySend("late"));
    }

    [Fact]
    public void The_share_of_other_workers_is_counted_from_the_moment_before_and_without_those_that_take_nothing()
    {
        using var board = Board.Create(TimeProvider.System);
        board.Used = 6;
        for (int i = 1; i <= 5; i++)
            (board[i].State, board[i].Accepted) = ((long)WebWorkerState.Accepting, 100 * i);

        long[] before = new long[Board.Capacity];
        board.ReadAccepted(before);
        Assert.Equal(0, board.AcceptedBeside(1, before));
        (board[1].Accepted, board[2].Accepted, board[3].Accepted) = (1000, 210, 330); // the fourth takes nothing
        (board[5].Accepted, board[5].State) = (900, (long)WebWorkerState.Draining);
        Assert.Equal(20, board.AcceptedBeside(1, before));
        board[2].Accepted = 5; // another worker has its entry now
        Assert.Equal(30, board.AcceptedBeside(1, before));
    }

    [Fact]
    public void Workers_that_come_one_after_the_other_have_others_look_at_no_more_entries_than_there_were_workers_at_once()
    {
        using var board = Board.Create(TimeProvider.System);
        var entries = new BoardEntries(board, [new InheritedWorker(101, 2), new InheritedWorker(102, 3)]);
        int other = entries.Take();
        for (int i = 0; i < 2 * Board.Capacity; i++)
        {
            int entry = entries.Take();
            Assert.NotEqual(other, entry);
            Assert.Equal(0, board[entry].Accepted);
            board[entry].Accepted = 7;
            entries.Return(entry);
        }

        Assert.Equal((1, 5), (other, board.Used)); // two of its own beside the two that are taken
    }

    [Fact]
    public void Entries_of_the_board_end_with_an_error_that_says_so()
    {
        using var board = Board.Create(TimeProvider.System);
        var entries = new BoardEntries(board, []);
        Assert.Equal(Board.Capacity - Board.First, Enumerable.Range(0, Board.Capacity - Board.First).Select(_ => entries.Take()).Distinct().Count());
        Assert.Contains("511 processes", Assert.Throws<InvalidOperationException>(() => entries.Take()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_of_the_board_is_one_worker_s_until_that_one_closes_it()
    {
        using var board = Board.Create(TimeProvider.System);
        int first = Libc.Open($"/proc/self/fd/{board.Descriptor}", Libc.O_RDWR | Libc.O_CLOEXEC);
        int second = Libc.Open($"/proc/self/fd/{board.Descriptor}", Libc.O_RDWR | Libc.O_CLOEXEC);
        Assert.True(Libc.TryLockByte(first, 0));
        Assert.False(Libc.TryLockByte(second, 0));
        Assert.True(Libc.TryLockByte(second, 1));
        _ = Libc.Close(first);
        Assert.True(Libc.TryLockByte(second, 0));
        _ = Libc.Close(second);
    }

    [Theory]
    [InlineData("DOTNET_gcServer", "0")]
    [InlineData("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0")]
    [InlineData("MALLOC_ARENA_MAX", "2")]
    public void The_system_s_own_choice_stays_where_there_are_more_processors_than_workers(string setting, string value)
    {
        var options = new ServeOptions { Command = ["app.dll"] };
        Assert.Equal(value, MachineShare.Of(options, Environment.ProcessorCount, null, NoVariables).GetValueOrDefault(setting));
        if (Environment.ProcessorCount > 1)
            Assert.False(MachineShare.Of(options, Environment.ProcessorCount - 1, null, NoVariables).ContainsKey(setting));
    }

    [Fact]
    public void The_heaps_of_all_workers_and_spares_together_have_what_one_process_would_have_of_the_container()
    {
        const long Container = 1_000_000_000;
        var options = new ServeOptions { Command = ["app.dll"], Spares = 1 };
        Gen.Int[1, 100].Sample(serving =>
        {
            string limit = MachineShare.Of(options, serving, Container, NoVariables)["DOTNET_GCHeapHardLimit"];
            long all = Convert.ToInt64(limit, 16) * (serving + 1);
            return all is <= Container * 3 / 4 and > Container * 3 / 4 - 200;
        });
        Assert.Null(MachineShare.HeapLimit(options, 2, container: null, NoVariables));
        Assert.Null(MachineShare.HeapLimit(options with { DividesMemory = false }, 2, Container, NoVariables));
    }

    [Fact]
    public void What_stands_on_the_command_line_is_what_is_served_with()
    {
        ServeOptions read = Read(
            [
                "-w", "3", "--spares", "2", "--standbys", "0", "--threads", "4:8", "--attach-timeout", "1s", "--start-timeout", "2s", "--drain-timeout", "3s", "--drain-delay", "4s", "--shutdown-timeout", "7s",
                "--keep-alive-silence", "400ms", "--hang-timeout", "0", "--max-requests", "5000000000", "--max-memory", "1G", "--max-age", "1h", "--jitter", "0.25",
                "--restart-limit", "6", "--restart-period", "7s", "--min-uptime", "8s", "--metrics-port", "9", "--undivided-memory", "--env-file", "variables", "app.dll", "--", "--its", "own",
            ],
            "control");

        Assert.Equal(["app.dll", "--its", "own"], read.Command);
        Assert.Equal((3, 2, 0, 4, 8), (read.Workers, read.Spares, read.Standbys, read.MinThreads, read.MaxThreads));
        Assert.Equal(
            [1000, 2000, 3000, 4000, 400, 0, 7000, 8000],
            new[] { read.AttachTimeout, read.StartTimeout, read.DrainTimeout, read.DrainDelay, read.KeepAliveSilence, read.HangTimeout, read.RestartPeriod, read.MinUptime }
                .Select(static time => time.TotalMilliseconds));
        Assert.Equal(TimeSpan.FromSeconds(7), read.ShutdownTimeout);
        Assert.Equal((5_000_000_000, 1L << 30, TimeSpan.FromHours(1)), (read.MaxRequests, read.MaxMemory, read.MaxAge));
        Assert.Equal("variables", read.EnvironmentFile);
        Assert.Equal((0.25, 6, new IPEndPoint(IPAddress.Loopback, 9), false, "control"), (read.Jitter, read.RestartLimit, read.MetricsAddress, read.DividesMemory, read.ControlPath));
    }

    [Theory]
    [InlineData("3", 3, null, null)]
    [InlineData("2:8", 2, 2, 8)]
    [InlineData("4:4", 4, null, null)]
    public void The_number_of_workers_is_one_or_two_between_which_the_load_decides(string text, int workers, int? min, int? max)
    {
        ServeOptions read = Read(["--workers", text, "--scale-wait", "20ms", "--scale-down-after", "2m", "app.dll"]);
        Assert.Equal((workers, min, max), (read.Workers, read.MinWorkers, read.MaxWorkers));
        Assert.Equal((TimeSpan.FromMilliseconds(20), TimeSpan.FromMinutes(2)), (read.ScaleWait, read.ScaleDownAfter));
    }

    [Theory]
    [InlineData("--workers", "8:2")]
    [InlineData("--workers", "1:200")]
    [InlineData("--workers", "0:2")]
    [InlineData("--scale-wait", "0")]
    [InlineData("--scale-down-after", "0")]
    [InlineData("--request-timeout", "1ms")]
    [InlineData("--request-timeout-except", "slow")]
    public void Limits_that_make_no_sense_are_refused(string option, string value) =>
        Assert.StartsWith(option, Assert.Throws<ServeException>(() => Read([option, value, "app.dll"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--workers", "2:")]
    [InlineData("--workers", "1:2:3")]
    [InlineData("--workers", "many")]
    public void A_number_of_workers_that_is_none_is_not_read(string option, string value)
    {
        var options = new ServeCommandOptions();
        var command = new Command("serve") { options.Application };
        options.AddTo(command);
        Assert.NotEmpty(command.Parse([option, value, "app.dll"]).Errors);
    }

    [Fact]
    public void Limits_of_requests_come_back_as_they_went()
    {
        Assert.Null(RequestLimits.Read(RequestLimits.Write(new ServeOptions { Command = ["app.dll"] }.RequestLimits)));
        ServeOptions read = Read(["--request-timeout", "30s", "--request-grace", "2s", "--request-timeout-except", "/a", "--request-timeout-except", "/b/c", "app.dll"]);
        RequestLimits limits = RequestLimits.Read(RequestLimits.Write(read.RequestLimits))!;
        Assert.Equal((30_000, 2_000), (limits.Limit, limits.Grace));
        Assert.Equal(["/a", "/b/c"], limits.Except);
    }

    [Theory]
    [InlineData("9090", "127.0.0.1:9090")]
    [InlineData("10.0.0.7:0", "10.0.0.7:0")]
    [InlineData("*:9090", "[::]:9090", "0.0.0.0:9090")]
    [InlineData("[::1]:9090", "[::1]:9090")]
    [InlineData("::1:9090")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("localhost:1")]
    [InlineData("*:")]
    [InlineData("")]
    public void An_address_for_metrics_is_a_port_or_an_address_with_one(string text, params string[] expected) =>
        Assert.Equal(expected.Length > 0, Quantity.Address(text) is { } read && expected.Contains(read.ToString()));

    [Theory]
    [InlineData("GET /healthz/live HTTP/1.1\r\n", "GET", "/healthz/live")]
    [InlineData("HEAD /metrics?a=b HTTP/1.0\r\nHost: here\r\n\r\n", "HEAD", "/metrics")]
    [InlineData("GET /", null, null)]
    [InlineData("GET metrics HTTP/1.1\r\n", null, null)]
    [InlineData("\r\n", null, null)]
    [InlineData("", null, null)]
    public void A_request_line_that_is_none_is_seen_as_such(string head, string? method, string? path)
    {
        var read = HttpRequestLine.Read(head);
        Assert.Equal((method, path), (read?.Method, read?.Path));
    }

    [Theory]
    [InlineData(null, "/")]
    [InlineData("/health", "/health", "--health", "/health", "--warm-up", "/health")]
    [InlineData("/health", null, "--health", "/health")]
    [InlineData("/health", "/page", "--health", "/health", "--warm-up", "/page")]
    [InlineData(null, null, "--warm-up", "none")]
    public void A_worker_is_asked_for_its_health_or_else_for_a_page_or_for_what_is_named(string? health, string? warmUp, params string[] arguments)
    {
        ServeOptions read = Read([.. arguments, "app.dll"]);
        Assert.Equal((health, warmUp), (read.HealthPath, read.WarmUpPath));
    }

    [Fact]
    public void What_does_not_stand_on_the_command_line_is_as_by_default()
    {
        ServeOptions read = Read(["app.dll"]);

        Assert.Equivalent(new ServeOptions { Command = ["app.dll"] }, read, strict: true);
    }

    [Theory]
    [InlineData("127.0.0.1:5000", false, "http://127.0.0.1:5000")]
    [InlineData("127.0.0.1:5001", true, "http://127.0.0.1:5000", "https://127.0.0.1:5001/")]
    [InlineData("127.0.0.1:5000", false, "http://127.0.0.1:5000", "https://127.0.0.1:5001")]
    [InlineData("[::]:443", true, "https://[::]:443")]
    [InlineData("unix:/run/a.sock", true, "https://unix:/run/a.sock")]
    [InlineData("unix:/run/a.sock", false, "http://unix:/run/a.sock", "https://127.0.0.1:5001")]
    public void A_probe_speaks_what_is_spoken_at_its_address(string boundTo, bool isTls, params string[] addresses) =>
        Assert.Equal(isTls, WorkerProbe.IsTls(addresses, boundTo));

    [Fact(Timeout = Limits.Test)]
    public Task The_supervisor_s_warm_up_ends() => SupervisorWarmUp.RunAsync(new ServeOptions { Command = ["app.dll"] });

    [Fact]
    public void The_same_address_is_one_socket_and_a_port_of_the_system_s_choice_another_each_time()
    {
        using var store = new ListenerStore();
        (int first, string bound) = Open("127.0.0.1:0", 0);
        Assert.Equal((first, bound), Open("127.0.0.1:0", 0));
        (int second, string other) = Open("127.0.0.1:0", 1);
        Assert.NotEqual(first, second);
        Assert.NotEqual(bound, other);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => Open(bound, 0)).SocketErrorCode);

        (int Descriptor, string Bound) Open(string address, int occurrence)
        {
            (int, string) given = default;
            store.Open(address, occurrence, (descriptor, bound) => given = (descriptor, bound));
            return given;
        }
    }

    [Fact]
    public async Task A_message_of_any_length_comes_through_the_control_channel()
    {
        await Gen.String[Gen.Char, 0, 20_000].SampleAsync(static async text =>
        {
            using var stream = new MemoryStream();
            await ControlChannel.WriteAsync(stream, new ControlRequest(text, 3), ControlJson.Default.ControlRequest, CancellationToken.None);
            stream.Position = 0;
            ControlRequest back = await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlRequest, CancellationToken.None);
            Assert.Equal(3, back.Workers);
            Assert.Equal(stream.Length, stream.Position);
        }, iter: 50);
    }

    private static ServeOptions Read(string[] arguments, string? control = null)
    {
        var options = new ServeCommandOptions();
        var command = new Command("serve") { options.Application };
        options.AddTo(command);
        return options.Read(command.Parse(arguments), control);
    }
}
