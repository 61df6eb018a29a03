using System.Text.Json;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Lab;

/// <summary>`tandem lab`, by what it says of this machine: what is certain is asserted, what a machine decides is not.</summary>
[Collection<ChromiumCollection>]
public sealed class LabTests(ChromiumFixture chromium)
{
    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Races_stacks_program_counters_and_servers_are_measured()
    {
        string folder = Directory.CreateTempSubdirectory("tandem-lab-test-").FullName;
        try
        {
            string report = Path.Combine(folder, "lab.html");
            CommandRun run = await LabAsync("race", "stack", "pc", "web", "--quick", "--json", "--report", report);
            run.AssertEnded(0, "The report is in");
            Experiment[] all = JsonSerializer.Deserialize<Experiment[]>(run.Output, JsonSerializerOptions.Web)!;

            Assert.Equal(["race", "stack", "pc", "web"], all.Select(static one => one.Name));
            Assert.All(all, static one => Assert.Null(one.Problem));
            AssertRace(all[0]);
            AssertStack(all[1]);
            AssertProgramCounters(all[2]);
            AssertWeb(all[3]);
            await AssertReportAsync(folder, report);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task An_experiment_that_there_is_not_is_a_mistake()
    {
        CommandRun run = await LabAsync("race", "alchemy");
        run.AssertEnded(2, "There is no experiment 'alchemy'", "race", "web");
        Assert.Empty(run.Output);
    }

    private static void AssertRace(Experiment race)
    {
        Assert.Equal(0, race["remedies_lost_percent"]);
        Assert.Equal(race["dictionary_tries_count"], race["dictionary_thrown_count"] + race["dictionary_silent_count"] + race["dictionary_whole_count"] + race["dictionary_endless_count"]);
        if (Environment.ProcessorCount > 1)
            Assert.InRange(race["counter_lost_percent"], double.Epsilon, 100);
        else
            Assert.NotEqual("holds", race.Verdict);
    }

    private static void AssertStack(Experiment stack)
    {
        Assert.Equal(0, stack["stacks_overlapping_count"]);
        Assert.InRange(stack["stack_resident_bytes"], 1, stack["stack_bytes"]);
        Assert.Equal(100, stack["threads_that_see_a_write_percent"]);
        Assert.Equal((1, 2, 1), (stack["processes_ended_count"], stack["processes_survived_count"], stack["pool_goes_on_count"]));
        Assert.Equal((3, 0), (stack["threads_ended_count"], stack["threads_survived_count"]));
    }

    private static void AssertProgramCounters(Experiment pc)
    {
        Assert.InRange(pc["places_count"], 2, double.MaxValue);
        Assert.InRange(pc["pcs_different_count"], 1, pc["stops_count"]);
        Assert.Equal(pc["stops_count"], pc["sps_different_count"]);
        Assert.Equal(pc["stops_count"], pc["stood_still_count"]);
        Assert.Equal(pc["stops_count"], pc["went_on_count"]);
        Assert.Equal(0, pc["surprises_count"]);
    }

    private static void AssertWeb(Experiment web)
    {
        Assert.All((string[])["plain", "served"], side => Assert.InRange(web[$"{side}_requests_per_second"], 1, double.MaxValue));
        Assert.InRange(web["served_waiting_clients_count"], 0, web["clients_count"]);
        // With one process, nobody is there until it is started again; of several, others answer.
        Assert.InRange(web["plain_crash_failed_count"], web["served_crash_failed_count"] + 1, double.MaxValue);
    }

    private static async Task<CommandRun> LabAsync(params string[] arguments) => await ToolCommand.RunAsync(AppContext.BaseDirectory, ["lab", .. arguments]);

    private async Task AssertReportAsync(string folder, string report)
    {
        chromium.SkipWhenMissing();
        ReportPage page = await ReportPage.LookAsync(chromium, folder, report, "lab");
        // Two of what remedies cost, the stacks, the places in the loop, the waits.
        page.AssertWhole(report, plots: 5);
    }

    private sealed record Experiment(string Name, string? Problem, string? Verdict, Dictionary<string, double> Values)
    {
        internal double this[string name] => Values[name];
    }
}
