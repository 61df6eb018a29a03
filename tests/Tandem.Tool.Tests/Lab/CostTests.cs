using System.Text.Json;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Lab;

/// <summary>What the laboratory says of starting, memory, switching, talking and crashing: that it means something, not how much it is.</summary>
public sealed class CostTests
{
    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Every_experiment_has_figures_and_a_verdict()
    {
        string[] names = ["start", "memory", "switch", "talk", "crash", "cpu"];
        CommandRun run = await ToolCommand.RunAsync(AppContext.BaseDirectory, ["lab", .. names, "--quick", "--json"]);
        run.AssertEnded(0);
        Dictionary<string, JsonElement> results = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToDictionary(static one => one.GetProperty("name").GetString()!);
        Assert.Equal(names, results.Keys);
        Assert.All(results.Values, static one =>
        {
            Assert.Contains(one.GetProperty("verdict").GetString(), (string[])["holds", "doesNotHold", "tooBusy"]);
            Assert.NotEmpty(one.GetProperty("claims").EnumerateArray());
            Assert.Equal(one.GetProperty("verdict").GetString() == "tooBusy", one.GetProperty("reason").GetString() is not null);
            Assert.InRange(one.GetProperty("noise").GetProperty("othersPercent").GetDouble(), 0, 100);
            Assert.True(one.GetProperty("noise").GetProperty("rounds").GetInt32() >= 1);
            Assert.Contains(one.GetProperty("measured").GetString()!, char.IsDigit);
            Assert.All(one.GetProperty("values").EnumerateObject(), static value => Assert.True(value.Value.GetDouble() >= 0, $"{value.Name} is {value.Value}"));
        });

        double Value(string experiment, string name) => results[experiment].GetProperty("values").GetProperty(name).GetDouble();
        Assert.True(Value("start", "worker_seconds") > Value("start", "thread_seconds"));
        Assert.True(Value("memory", "worker_private_bytes") > Value("memory", "thread_private_bytes"));
        Assert.True(Value("talk", "heap_1048576_bytes_seconds") > 0);
        Assert.True(Value("switch", "processes_on_one_core_seconds") > 0);
        Assert.Equal((0, 99), (Value("crash", "threads_left_items"), Value("crash", "processes_left_items")));
        Assert.Equal(Environment.ProcessorCount, Value("cpu", "usable"));
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task An_experiment_that_there_is_not_is_wrong_usage_and_named()
    {
        CommandRun run = await ToolCommand.RunAsync(AppContext.BaseDirectory, "lab", "start", "nope");
        run.AssertEnded(2, "There is no experiment 'nope'. There are: start, memory, switch");
    }
}
