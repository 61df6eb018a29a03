using System.Net;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>What those who route requests are told, above all at the end.</summary>
public sealed class ProbeTests
{
    private const string Live = "/healthz/live";
    private const string Ready = "/healthz/ready";

    [Fact(Timeout = Limits.Test)]
    public async Task Readiness_says_no_from_TERM_on_while_requests_are_served_for_the_delay()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--metrics-port", "0", "--drain-delay", "1h");
        using HttpClient probe = await ProbeAsync(serve);
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(probe, Live));
        await AnswersAsync(probe, Ready, HttpStatusCode.OK);
        using HttpClient kept = serve.CreateClient(keepsAlive: true);
        await kept.GetStringAsync("/");

        await serve.AcceptingAsync();
        serve.Signal(Libc.SIGTERM);
        await serve.LineAsync("stopping in 3600 s (--drain-delay)");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await CodeAsync(probe, Ready));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(probe, Live));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        using HttpResponseMessage answer = await kept.GetAsync(new Uri("/", UriKind.Relative));
        Assert.NotEqual(true, answer.Headers.ConnectionClose); // nobody is told of a drain yet

        // Workers are looked after in this time as in any other.
        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers.Count(worker => worker.State == "accepting" && worker.ProcessId != victim) == 2);

        // Who asks twice does not want to wait.
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task After_the_delay_the_workers_drain()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-delay", "100ms", "--drain-timeout", "10m");
        HeldRequest held = await serve.HoldAsync();
        Task<ControlResponse> stop = serve.AskAsync("stop");
        await serve.LineAsync("stopping: the workers drain");
        await serve.StatusAsync(static status => status.Workers is [{ State: "draining" }]);
        await held.FinishAsync();
        await stop;
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task No_other_supervisor_takes_the_place_of_one_that_is_about_to_end()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-delay", "1h");
        await serve.AcceptingAsync(); // else there is nothing to delay
        serve.Signal(Libc.SIGTERM);
        await serve.LineAsync("(--drain-delay)");
        serve.Signal(12); // USR2
        await serve.LineAsync("no other supervisor can replace it");
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Readiness_says_no_as_long_as_no_worker_serves_and_liveness_yes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["sick"], "");
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "1", "--metrics-port", "0", "--health", "/health", Paths.App, "--", "--urls", "http://127.0.0.1:0", "--sick-file", folder["sick"]]);
        using HttpClient probe = await ProbeAsync(serve);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await CodeAsync(probe, Ready));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(probe, Live));
        File.Delete(folder["sick"]);
        await serve.ServingAsync();
        await AnswersAsync(probe, Ready, HttpStatusCode.OK);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Readiness_says_no_when_no_worker_runs()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--metrics-port", "0", "--hang-timeout", "0");
        using HttpClient probe = await ProbeAsync(serve);
        await AnswersAsync(probe, Ready, HttpStatusCode.OK);
        int worker = (await serve.StatusAsync()).Workers.Single().ProcessId;
        Assert.Equal(0, Libc.Kill(worker, Libc.SIGSTOP));
        await AnswersAsync(probe, Ready, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(probe, Live));
        Assert.Equal(0, Libc.Kill(worker, Libc.SIGCONT));
        await AnswersAsync(probe, Ready, HttpStatusCode.OK);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_probes_of_the_sample_for_Kubernetes_are_answered_and_its_times_fit_each_other()
    {
        KubernetesSample sample = KubernetesSample.Read();
        int web = Ports.Free();
        int metrics = Ports.Free();
        ServeOptions options = sample.Options;
        string[] arguments =
        [
            .. sample.Arguments.Select(argument => argument
                .Replace("/app/MyApp.dll", Paths.App, StringComparison.Ordinal)
                .Replace($":{sample.Port("http")}", $":{web}", StringComparison.Ordinal)
                .Replace($":{sample.Port("metrics")}", $":{metrics}", StringComparison.Ordinal)),
        ];
        await using ServeProcess serve = ServeProcess.Launch(arguments);
        await serve.LineAsync("serving on ");

        using HttpClient client = new();
        Assert.All([sample.Liveness, sample.Readiness], probe => Assert.Equal("metrics", probe.Port));
        Assert.Equal([Live, Ready], [sample.Liveness.Path, sample.Readiness.Path]);
        foreach (string path in new[] { sample.Liveness.Path, sample.Readiness.Path, sample.MetricsPath })
            await AnswersAsync(client, $"http://127.0.0.1:{metrics}{path}", HttpStatusCode.OK);

        Assert.Equal("Hello, World!", await client.GetStringAsync(new Uri($"http://127.0.0.1:{web}/")));
        // The kubelet does not ask on the loopback interface.
        Assert.False(IPAddress.IsLoopback(options.MetricsAddress!.Address));
        Assert.Equal((sample.Port("metrics"), sample.MetricsPort), (options.MetricsAddress.Port, options.MetricsAddress.Port));

        // The application's own shutdown, and the killing of what is left, have ten seconds.
        TimeSpan end = sample.PreStop + options.DrainDelay + options.DrainTimeout + TimeSpan.FromSeconds(10);
        Assert.True(end < sample.Grace, $"{end} is not less than {sample.Grace}.");
        // Who asks for readiness has seen the no before connections are refused.
        Assert.True(sample.Readiness.Period * sample.Readiness.Failures + sample.Readiness.Timeout < options.DrainDelay);
        // A supervisor that is slow for a moment is not restarted.
        Assert.True(sample.Liveness.Period * sample.Liveness.Failures >= TimeSpan.FromSeconds(30));
    }

    private static async Task<HttpClient> ProbeAsync(ServeProcess serve)
    {
        string line = await serve.LineAsync("metrics on ");
        return new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..]) };
    }

    /// <summary>Asks until the answer is the one that is waited for.</summary>
    private static async Task AnswersAsync(HttpClient client, string path, HttpStatusCode expected)
    {
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (await CodeAsync(client, path) is var code && code != expected)
        {
            Assert.True(Environment.TickCount64 < end, $"{path} answers {code}, not {expected}.");
            await Task.Delay(10);
        }
    }

    private static async Task<HttpStatusCode> CodeAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.RelativeOrAbsolute));
        return answer.StatusCode;
    }
}
