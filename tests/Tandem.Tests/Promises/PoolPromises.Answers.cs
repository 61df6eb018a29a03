using System.Threading.Channels;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>What workers may send back: plain values, and code only where the program has declared it.</content>
public abstract partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Delegates_that_the_program_declared_come_back()
    {
        Assert.Equal(6, (await Pool.RunAsync(static () => (Func<int, int>)(static x => 2 * x)))(3));
        int three = 3;
        Assert.Equal(9, (await Pool.RunAsync(() => new Func<int, int>(x => x * three)))(3));
        List<Func<int>> mapped = await Pool.MapAsync([1, 2], static i => new Func<int>(() => i)).ToListAsync();
        Assert.Equal([1, 2], mapped.Select(static function => function()));
        var set = await Pool.RunAsync(static () => new HashSet<string>(["a"], new Samples.FirstLetter()));
        Assert.Contains("apple", set);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Code_that_the_program_did_not_declare_is_refused_and_named()
    {
        Assert.SkipUnless(Backend.CopiesValues, "On threads, results are the same objects.");
        WorkSerializationException refused = await Assert.ThrowsAsync<WorkSerializationException>(
            () => Pool.RunAsync(static () => (1, (object)(Action)(static () => { }))));
        Assert.Equal("result.Item2", refused.Path);
        Assert.Contains("ToList", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<WorkSerializationException>(
            () => Pool.RunAsync(static () => (1, new HashSet<string>(["a"], new Samples.FirstLetter()))));
        Assert.Equal("result.Item2.Comparer", refused.Path);
        refused = await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(static () => (Func<string, int>)int.Parse));
        Assert.Contains("lambda", refused.Message, StringComparison.Ordinal);

        // In a map, only that element; in a report, where it is made.
        List<WorkResult<object>> results = await Pool.MapResultsAsync<int, object>([0, 1], static i => i == 0 ? i : (Action)(static () => { })).ToListAsync();
        Assert.Equal([true, false], results.Select(static result => result.Succeeded));
        Assert.Equal("result", Assert.IsType<WorkSerializationException>(results[1].Error).Path);
        IProgress<object> progress = new Progress<object>();
        await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(() => progress.Report((Action)(static () => { }))));
        Assert.Equal(3, await Pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_data_of_an_exception_is_plain()
    {
        IOException thrown = await Assert.ThrowsAsync<IOException>(() => Pool.RunAsync(static void () =>
            throw new IOException("full") { Data = { ["code"] = 7, ["day"] = DayOfWeek.Friday, ["bytes"] = new byte[] { 1, 2 }, ["version"] = new Version(1, 2) } }));
        Assert.Equal((7, DayOfWeek.Friday), (thrown.Data["code"], thrown.Data["day"]));
        Assert.Equal(new byte[] { 1, 2 }, thrown.Data["bytes"]);
        Assert.Equal("1.2", thrown.Data["version"]!.ToString());
        if (!Backend.CopiesValues)
            return;

        Assert.IsType<string>(thrown.Data["version"]);
        Assert.Contains("'version'", (string)thrown.Data["Tandem.DataNote"]!, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_answer_loads_no_assembly()
    {
        Assert.SkipUnless(Backend.HasProcesses, "There is one set of assemblies in a process.");

        Assert.SkipWhen(
            Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), static a => a.GetName().Name == "System.Net.Ping"),
            "Another test of this process has loaded the assembly.");

        // The code of these lambdas never runs here.
        WorkSerializationException result = await Assert.ThrowsAsync<WorkSerializationException>(
            () => Pool.RunAsync<object>(static () => System.Net.NetworkInformation.IPStatus.Success));
        Assert.Contains("System.Net.Ping", result.Message, StringComparison.Ordinal);
        Assert.Contains("before the call", result.Message, StringComparison.Ordinal);
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Pool.RunAsync(static void () => throw new System.Net.NetworkInformation.PingException("no echo")));
        Assert.Equal("no echo", thrown.Message);
        Assert.Equal("System.Net.NetworkInformation.PingException", thrown.Data["Tandem.OriginalType"]);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), static a => a.GetName().Name == "System.Net.Ping");
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_sends_code_without_asking_runs_none_of_it_here()
    {
        Assert.SkipUnless(Backend.HasProcesses, "A thread can do anything here anyway.");
        await AttackAsync(static pool => pool.RunAsync(static () => Forger.Forge(Forger.Set())));
        await AttackAsync(static pool => pool.RunAsync(static () => Forger.Forge((Action)Forger.Mark)));
        await AttackAsync(static pool => pool.RunAsync(static () => Forger.Forge((Action<string>)File.Delete)));
        await AttackAsync(static pool => pool.MapAsync([1], static _ => Forger.Forge(Forger.Set())).ToListAsync());
        await AttackAsync(static pool => pool.RunAsync(static void () => throw new Forger.ForgedException(Forger.Forge(Forger.Set()))));
        await AttackAsync(static pool =>
        {
            IProgress<object> progress = new Progress<object>();
            return pool.RunAsync(() => progress.Report(Forger.Forge(Forger.Set())));
        });
        if (!OperatingSystem.IsLinux())
            return;

        Channel<object> channel = SharedChannel.CreateBounded<object>(4);
        await AttackAsync(async pool =>
        {
            await pool.RunAsync(() => channel.Writer.TryWrite(Forger.Forge(Forger.Set())));
            await channel.Reader.ReadAsync();
        });
    }

    private async Task AttackAsync(Func<WorkerPool, Task> attack)
    {
        await using WorkerPool pool = Backend.Create(1);
        await Assert.ThrowsAnyAsync<Exception>(() => attack(pool));
        Assert.Equal(0, Forger.Marks);
        Assert.Equal(3, await pool.RunAsync(static () => 3));
    }
}
