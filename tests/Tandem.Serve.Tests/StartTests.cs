using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>What makes a start quicker, and what must not come of it.</summary>
public sealed class StartTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task What_a_start_needs_is_kept_in_the_user_s_cache_and_nothing_else_is_left_there()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "The runtime notes nothing there, because no other processor could make use of it.");
        using var cache = new TemporaryFolder();
        await using (ServeProcess serve = Serve(cache, "--workers", "2", Paths.App))
        {
            await serve.ServingAsync();
            await Eventually.Async(() => Profiles(cache) is [var one] && File.Exists(one), otherwise: () => $"There are {string.Join(", ", Profiles(cache))}.");
            serve.Signal(Libc.SIGTERM);
            await serve.ExitAsync();
        }

        Assert.Equal([Path.GetFileName(Os.StartProfile.PathOf(Paths.App))], Profiles(cache).Select(static path => Path.GetFileName(path)));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(5000)]
    [InlineData(-1)]
    public async Task A_profile_that_is_cut_off_or_no_profile_harms_no_start(int length)
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "The runtime notes nothing there, because no other processor could make use of it.");
        using var cache = new TemporaryFolder();
        string profile = cache["profile"];
        await using (ServeProcess serve = Serve(cache, "--workers", "1", "--start-profile", profile, Paths.App))
        {
            await serve.ServingAsync();
            await Eventually.Async(() => File.Exists(profile), otherwise: () => serve.Output);
        }

        byte[] whole = await File.ReadAllBytesAsync(profile);
        byte[] damaged = length < 0 ? [.. Enumerable.Range(0, 40_000).Select(static i => (byte)(i * 7919))] : whole[..length];
        await File.WriteAllBytesAsync(profile, damaged);
        await using ServeProcess again = Serve(cache, "--workers", "1", "--start-profile", profile, Paths.App);
        await again.ServingAsync();
        Assert.Equal("Hello, World!", await again.GetAsync("/"));
        await Eventually.Async(() => File.Exists(profile) && !File.ReadAllBytes(profile).AsSpan().SequenceEqual(damaged), otherwise: () => again.Output);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_start_that_fails_takes_its_profile_with_it()
    {
        using var cache = new TemporaryFolder();
        string profile = cache["profile"];
        await File.WriteAllTextAsync(profile, "of another time");
        await using ServeProcess serve = Serve(cache, "--workers", "1", "--start-profile", profile, Paths.App, "--", "--https-port", "1", "--certificate", "/no/such/file");
        Assert.NotEqual(0, await serve.ExitAsync());
        Assert.False(File.Exists(profile));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Where_nothing_can_be_kept_it_serves_all_the_same()
    {
        using var cache = new TemporaryFolder();
        await File.WriteAllTextAsync(cache["file"], "");
        await using ServeProcess serve = ServeProcess.Launch(["--urls", "http://127.0.0.1:0", "--workers", "1", Paths.App], new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = cache["file"] });
        await serve.ServingAsync();
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_in_which_nothing_of_the_application_has_run_becomes_the_worker_that_is_needed()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        int standby = await StandbyAsync(serve, except: 0);
        await serve.LineAsync("Now listening on");
        Assert.Single(serve.Output.Split('\n'), static line => line.Contains("Now listening on", StringComparison.Ordinal));
        Assert.Equal(0, Libc.Kill((await serve.StatusAsync()).Workers.Single().ProcessId, Libc.SIGKILL));
        ServeStatus after = await serve.StatusAsync(static status => status.Workers is [{ Number: 1, State: "accepting", Restarts: 1 }]);
        Assert.Equal(standby, after.Workers[0].ProcessId);
        Assert.Equal($"{standby}", await serve.GetAsync("/pid"));
        Assert.Equal("1", await serve.GetAsync("/environment?name=TANDEM_WORKER_NUMBER"));
        await StandbyAsync(serve, except: standby);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_ends_with_the_version_or_the_supervisor_that_it_is_of()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        int ofVersion = await StandbyAsync(serve, except: 0);
        await serve.AskAsync("reload");
        await Eventually.Async(() => !ProcFs.IsAlive(ofVersion));

        int ofSupervisor = await StandbyAsync(serve, except: ofVersion);
        serve.Signal(12); // USR2
        await Eventually.Async(() => !ProcFs.IsAlive(ofSupervisor), otherwise: () => serve.Output);
        await serve.LineAsync("serving on ", times: 2);

        int last = await StandbyAsync(serve, except: ofSupervisor);
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
        Assert.False(ProcFs.IsAlive(last));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_ends_when_its_supervisor_is_killed_also_where_workers_go_on()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--orphans", "serve");
        int standby = await StandbyAsync(serve, except: 0);
        serve.Signal(Libc.SIGKILL);
        await Eventually.Async(() => !ProcFs.IsAlive(standby));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_of_files_that_were_replaced_is_not_used()
    {
        using var folder = new TemporaryFolder();
        string app = folder.AddApp("app", "1");
        await using ServeProcess serve = ServeProcess.Launch(["--urls", "http://127.0.0.1:0", "--workers", "1", app]);
        await serve.ServingAsync();
        int standby = await StandbyAsync(serve, except: 0);
        File.SetLastWriteTimeUtc(app, DateTime.UtcNow.AddSeconds(1));
        Assert.Equal(0, Libc.Kill((await serve.StatusAsync()).Workers.Single().ProcessId, Libc.SIGKILL));
        ServeStatus after = await serve.StatusAsync(static status => status.Workers is [{ State: "accepting", Restarts: 1 }]);
        Assert.NotEqual(standby, after.Workers[0].ProcessId);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_becomes_the_worker_that_is_added()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        int standby = await StandbyAsync(serve, except: 0);
        Assert.Null((await serve.AskAsync("scale", 2)).Error);
        ServeStatus after = await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }, { State: "accepting" }]);
        Assert.Equal(standby, after.Workers[1].ProcessId);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_standby_that_is_killed_is_replaced()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        int standby = await StandbyAsync(serve, except: 0);
        Assert.Equal(0, Libc.Kill(standby, Libc.SIGKILL));
        int next = await StandbyAsync(serve, except: standby);
        Assert.Equal(0, Libc.Kill((await serve.StatusAsync()).Workers.Single().ProcessId, Libc.SIGKILL));
        ServeStatus after = await serve.StatusAsync(static status => status.Workers is [{ Number: 1, State: "accepting", Restarts: 1 }]);
        Assert.Equal(next, after.Workers[0].ProcessId);
    }

    [Fact(Timeout = 2 * Limits.Test)]
    public async Task A_spare_that_does_not_become_ready_is_told_of_and_not_started_again_and_again_until_there_is_another_version()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--standbys", "0", "--spares", "1", "--health", "/health", "--start-timeout", "20s", "--restart-limit", "1", "--restart-period", "1h",
            Paths.App, "--", "--sick-file", folder["sick"]);
        int spare = await SpareAsync(serve);
        File.WriteAllText(folder["sick"], "");
        Assert.Equal(0, Libc.Kill(spare, Libc.SIGKILL));
        await serve.LineAsync($"the spare (pid {spare}) exited");
        string line = await serve.LineAsync("exited: It was not ready within 20 s");
        Assert.Contains("the next one is started after at least 3600 s", line, StringComparison.Ordinal);
        File.Delete(folder["sick"]);
        await serve.AskAsync("reload");
        await SpareAsync(serve);
    }

    private static async Task<int> SpareAsync(ServeProcess serve)
    {
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Any(static worker => worker is { State: "ready", Number: 0 }));
        return status.Workers.Single(static worker => worker.Number == 0).ProcessId;
    }

    private static async Task<int> StandbyAsync(ServeProcess serve, int except)
    {
        ServeStatus status = await serve.StatusAsync(status => status.Standbys is [var standby] && standby != except);
        return status.Standbys[0];
    }

    private static ServeProcess Serve(TemporaryFolder cache, params string[] arguments) =>
        ServeProcess.Launch(["--urls", "http://127.0.0.1:0", .. arguments], new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = cache.Path });

    private static string[] Profiles(TemporaryFolder cache) =>
        Directory.Exists(cache["tandem"]) ? Directory.GetFileSystemEntries(cache["tandem"]) : [];
}
