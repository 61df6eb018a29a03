using Microsoft.Extensions.Hosting;

namespace Tandem.Hosting.Tests;

/// <summary>Restart policies, strategies, the limit of restarts, and the order of starts and stops.</summary>
public sealed class SupervisionTests
{
    public static TheoryData<Isolation> Isolations => IsolatedServiceTests.Isolations;

    public static TheoryData<Isolation, RestartPolicy, Ending, bool> Policies
    {
        get
        {
            var data = new TheoryData<Isolation, RestartPolicy, Ending, bool>();
            foreach (Isolation isolation in (Isolation[])[Isolation.Thread, Isolation.Process])
            {
                foreach (Ending ending in (Ending[])[Ending.Completes, Ending.Throws, Ending.Crashes])
                {
                    data.Add(isolation, RestartPolicy.Permanent, ending, true);
                    data.Add(isolation, RestartPolicy.Transient, ending, ending != Ending.Completes);
                    data.Add(isolation, RestartPolicy.Temporary, ending, false);
                }
            }

            return data;
        }
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Policies))]
    public async Task A_service_that_has_ended_is_started_again_as_its_policy_says(Isolation isolation, RestartPolicy policy, Ending ending, bool restarts)
    {
        await using var test = new TestHost(isolation);
        test.Add("one", new Part(ending) { OnceFor = test.FileFor("once", exists: true) }, options => options.Restart = policy);
        await test.Host.StartAsync();
        if (restarts)
        {
            await test.Log.WaitAsync("one up", times: 2);
            await test.WaitAsync("one", ServiceState.Running);
        }
        else
        {
            await test.WaitAsync("one", ending == Ending.Completes ? ServiceState.Completed : ServiceState.Failed);
            Assert.Equal(1, test.Log.Count("one up"));
        }

        ServiceSnapshot state = test.StateOf("one");
        Assert.Equal(restarts ? 1 : 0, state.Restarts);
        Type? expected = ending switch
        {
            Ending.Completes => null,
            Ending.Crashes when isolation == Isolation.Process => typeof(WorkerCrashedException),
            _ => typeof(FormatException),
        };
        Assert.Equal(expected, state.LastError?.GetType());
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread, SupervisionStrategy.OneForOne, "1 2 1")]
    [InlineData(Isolation.Thread, SupervisionStrategy.OneForAll, "2 2 2")]
    [InlineData(Isolation.Thread, SupervisionStrategy.RestForOne, "1 2 2")]
    [InlineData(Isolation.Process, SupervisionStrategy.OneForOne, "1 2 1")]
    [InlineData(Isolation.Process, SupervisionStrategy.OneForAll, "2 2 2")]
    [InlineData(Isolation.Process, SupervisionStrategy.RestForOne, "1 2 2")]
    public async Task The_strategy_says_which_others_are_started_again(Isolation isolation, SupervisionStrategy strategy, string ups)
    {
        await using var test = new TestHost(isolation);
        string gate = test.FileFor("gate");
        test.Supervise(options => options.Strategy = strategy)
            .Add("a", new Part(Ending.Told))
            .Add("b", new Part(Ending.Crashes) { Gate = gate, OnceFor = test.FileFor("once", exists: true) })
            .Add("c", new Part(Ending.Told));
        await test.Host.StartAsync();
        foreach (string name in (string[])["a", "b", "c"])
            await test.Log.WaitAsync($"{name} up");

        File.WriteAllText(gate, "");
        int[] expected = [.. ups.Split(' ').Select(int.Parse)];
        await test.Log.WaitAsync("a up", expected[0]);
        await test.Log.WaitAsync("b up", expected[1]);
        await test.Log.WaitAsync("c up", expected[2]);
        await test.Host.StopAsync();
        Assert.Equal(expected, Counts("up"));
        // Every run that was stopped was stopped properly.
        int[] stopped = [expected[0], 1, expected[2]];
        Assert.Equal(stopped, Counts("down"));

        int[] Counts(string word) => [test.Log.Count($"a {word}"), test.Log.Count($"b {word}"), test.Log.Count($"c {word}")];
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task Past_its_limit_of_restarts_the_host_stops_with_the_reason(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Supervise(static options => options.MaxRestarts = 3)
            // One that is stopped before its method was entered says nothing.
            .Add("fine", new Part(Ending.Told) { SaysReady = true })
            .Add("broken", new Part(Ending.Crashes) { SaysReady = true }, static options => options.DependsOn("fine"));
        var reason = await Assert.ThrowsAsync<ServiceRestartLimitException>(() => test.Host.RunAsync());
        Assert.Equal("broken", reason.Service);
        Assert.Equal(isolation == Isolation.Process ? typeof(WorkerCrashedException) : typeof(FormatException), reason.InnerException?.GetType());
        Assert.Equal(4, test.Log.Count("broken up"));
        Assert.Equal(1, test.Log.Count("fine down"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_service_that_is_killed_while_it_starts_uses_up_no_restarts()
    {
        await using var test = new TestHost(Isolation.Process);
        string folder = Directory.CreateDirectory(test.FileFor("kills")).FullName;
        test.Supervise(static options => options.MaxRestarts = 0)
            .Add("one", new Part(Ending.Told) { SaysReady = true, IsKilledFirst = (folder, 5) });

        await test.Host.StartAsync();

        Assert.Equal(ServiceState.Running, test.StateOf("one").State);
        Assert.Equal(5, test.StateOf("one").Restarts);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_host_whose_service_never_becomes_ready_does_not_start(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Supervise(static options => options.MaxRestarts = 1)
            .Add("late", new Part(Ending.Told) { Gate = test.FileFor("never"), SaysReady = true }, static options => options.StartTimeout = TimeSpan.FromSeconds(1));
        var reason = await Assert.ThrowsAsync<ServiceRestartLimitException>(() => test.Host.StartAsync());
        Assert.Contains(nameof(IServiceReadiness.SetReady), Assert.IsType<TimeoutException>(reason.InnerException).Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task Dependents_wait_until_a_service_is_ready_and_stop_before_it(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        string gate = test.FileFor("gate");
        test.Add("base", new Part(Ending.Told) { Gate = gate, SaysReady = true })
            .Add("free", new Part(Ending.Told))
            .Add("middle", new Part(Ending.Told) { SaysReady = true }, static options => options.DependsOn("base"))
            .Add("top", new Part(Ending.Told), static options => options.DependsOn("middle", "base"));
        Task start = test.Host.StartAsync();
        await test.Log.WaitAsync("base up");
        await test.Log.WaitAsync("free up");
        Assert.False(start.IsCompleted);
        Assert.Equal(ServiceState.Starting, test.StateOf("middle").State);
        File.WriteAllText(gate, "");
        await start;
        await test.Log.WaitAsync("top up");
        await test.Host.StopAsync();
        string[] said = [.. test.Log.Said.Where(static line => !line.StartsWith("free", StringComparison.Ordinal))];
        Assert.Equal(["base up", "base ready", "middle up", "middle ready", "top up", "top down", "middle down", "base down"], said);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_restart_of_all_does_not_wait_for_what_is_done(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Supervise(static options => options.Strategy = SupervisionStrategy.OneForAll)
            .Add("first", new Part(Ending.Completes), static options => options.Restart = RestartPolicy.Transient)
            .Add("second", new Part(Ending.Crashes) { OnceFor = test.FileFor("once", exists: true) }, static options => options.DependsOn("first"));
        await test.Host.StartAsync();
        await test.Log.WaitAsync("second up", times: 2);
        await test.WaitAsync("second", ServiceState.Running);
        // It may have been stopped just before it was done, and then it does it again.
        await test.WaitAsync("first", ServiceState.Completed);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task What_needs_a_service_that_failed_for_good_fails_and_the_host_goes_on(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Add("base", new Part(Ending.Throws) { SaysReady = false, Gate = test.FileFor("gate") }, static options =>
            {
                options.Restart = RestartPolicy.Temporary;
                options.SignalsReadiness = true;
            })
            .Add("top", new Part(Ending.Told), static options => options.DependsOn("base"))
            .Add("other", new Part(Ending.Told));
        File.WriteAllText(test.FileFor("gate"), "");
        await test.Host.StartAsync();
        await test.WaitAsync("top", ServiceState.Failed);
        Assert.Equal(ServiceState.Running, test.StateOf("other").State);
        Assert.Equal(0, test.StateOf("top").Restarts);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_service_that_crashes_before_its_turn_to_stop_has_stopped(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        (string gate, string stops, string ends) = (test.FileFor("gate"), test.FileFor("stops"), test.FileFor("ends"));
        test.Add("base", new Part(Ending.Crashes) { Gate = gate })
            .Add("top", new Part(Ending.Told) { StopsWith = (stops, ends) }, static options => options.DependsOn("base"));
        await test.Host.StartAsync();
        await test.WaitAsync("top", ServiceState.Running);
        Task stop = test.Host.StopAsync();
        // The base waits for its turn until the top has stopped.
        await Eventually.Async(() => File.Exists(stops));
        File.WriteAllText(gate, "");
        await test.WaitAsync("base", ServiceState.Stopped);
        File.WriteAllText(ends, "");
        await stop;
        ServiceSnapshot service = test.StateOf("base");
        Assert.Equal((ServiceState.Stopped, 0), (service.State, service.Restarts));
        Assert.Equal(isolation == Isolation.Process ? typeof(WorkerCrashedException) : typeof(FormatException), service.LastError?.GetType());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_host_that_is_disposed_without_being_stopped_leaves_no_process()
    {
        var test = new TestHost(Isolation.Process).Add("one", new Part(Ending.Told));
        await test.Host.StartAsync();
        int process = test.StateOf("one").ProcessId;
        test.Host.Dispose();
        Assert.False(ProcFs.IsAlive(process));
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task Services_that_do_not_need_each_other_stop_at_the_same_time(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        string[] files = [test.FileFor("0"), test.FileFor("1"), test.FileFor("2")];
        // Each stops only when the next one is stopping as well.
        for (int i = 0; i < files.Length; i++)
            test.Add($"{i}", new Part(Ending.Told) { StopsWith = (files[i], files[(i + 1) % files.Length]) });

        await test.Host.StartAsync();
        await test.Host.StopAsync();
        Assert.All(test.Services.Snapshot(), static service => Assert.Equal(ServiceState.Stopped, service.State));
    }

    [Theory(Timeout = 2 * Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_service_that_crashes_a_hundred_times_is_started_a_hundred_times_and_its_neighbours_miss_nothing(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Supervise(static options => options.MaxRestarts = 100)
            .Add("neighbour", new Part(Ending.Told) { SaysReady = true })
            // Ready before it crashes: who is killed while it starts uses up no restarts.
            .Add("broken", new Part(Ending.Crashes) { SaysReady = true }, static options =>
            {
                options.Restart = RestartPolicy.Transient;
                options.DependsOn("neighbour");
            });
        test.Supervise(static options => options.Period = TimeSpan.FromHours(1));
        var crashes = 0;
        test.Services.Changed += (_, change) => crashes += change.Kind is ServiceEventKind.Crashed or ServiceEventKind.Failed ? 1 : 0;
        var reason = await Assert.ThrowsAsync<ServiceRestartLimitException>(() => test.Host.RunAsync());
        Assert.Equal("broken", reason.Service);
        Assert.Equal(100, test.StateOf("broken").Restarts);
        Assert.Equal(101, test.Log.Count("broken up"));
        await Eventually.Async(() => Volatile.Read(ref crashes) == 101);
        Assert.Equal((1, 1), (test.Log.Count("neighbour up"), test.Log.Count("neighbour down")));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task After_the_host_has_stopped_no_process_of_its_services_is_left()
    {
        await using var test = new TestHost(Isolation.Process).Add("a", new Part(Ending.Told)).Add("b", new Part(Ending.Never), static options => options.ShutdownTimeout = TimeSpan.Zero);
        await test.Host.StartAsync();
        int[] processes = [.. test.Services.Snapshot().Select(static service => service.ProcessId)];
        Assert.All(processes, static pid => Assert.True(ProcFs.IsAlive(pid)));
        await test.Host.StopAsync();
        Assert.All(processes, static pid => Assert.False(ProcFs.IsAlive(pid)));
    }
}
