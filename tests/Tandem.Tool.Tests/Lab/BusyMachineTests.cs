using System.Diagnostics;
using System.Text.Json;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Lab;

/// <summary>Beside programs that never rest, the laboratory draws no conclusion from what they do to its times.</summary>
public sealed class BusyMachineTests
{
    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Beside_busy_loops_times_are_too_noisy_and_the_reason_says_by_how_much()
    {
        List<Process> loops = [];
        JsonElement[] results;
        try
        {
            for (int i = 0; i < Environment.ProcessorCount; i++)
                loops.Add(Process.Start("timeout", ["100", "sh", "-c", "while :; do :; done"]));

            CommandRun run = await ToolCommand.RunAsync(AppContext.BaseDirectory, "lab", "start", "switch", "crash", "cpu", "--quick", "--json");
            run.AssertEnded(0);
            results = [.. JsonDocument.Parse(run.Output).RootElement.EnumerateArray()];
        }
        finally
        {
            foreach (Process loop in loops)
            {
                loop.Kill(entireProcessTree: true);
                loop.Dispose();
            }
        }

        // Nothing of the first two can be told; the others do not depend on time, or see what is enough.
        Assert.Equal(["tooBusy", "tooBusy", "holds"], results.Take(3).Select(static one => one.GetProperty("verdict").GetString()));
        Assert.Contains(results[3].GetProperty("verdict").GetString(), (string[])["holds", "tooBusy"]);
        Assert.All(results.Take(2), static one =>
        {
            Assert.Matches(@"^other programs took \d+ % of the processors in (\d) of \1 rounds?$", one.GetProperty("reason").GetString());
            Assert.Equal(one.GetProperty("noise").GetProperty("rounds").GetInt32(), one.GetProperty("noise").GetProperty("disturbedRounds").GetInt32());
        });
    }
}
