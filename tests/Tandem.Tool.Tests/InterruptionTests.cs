using System.Diagnostics;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests;

/// <summary>Somebody changes his mind in the middle of a measurement.</summary>
public sealed class InterruptionTests
{
    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("INT", "web: requests per second", "lab", "web", "race")]
    [InlineData("TERM", "web: starting servers", "lab", "web", "race")]
    [InlineData("INT", "switch: direct, on one core", "lab", "switch", "race")]
    [InlineData("TERM", "race: remedies in processes", "lab", "race")]
    [InlineData("HUP", "pc: stopping and continuing threads that take turns", "lab", "pc", "race")]
    public async Task What_is_interrupted_ends_at_once_and_leaves_nothing(string signal, string step, params string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("tandem-interrupted-").FullName;
        try
        {
            bool isSent = false;
            CommandRun run = await Shell.RunAsync(
                folder,
                new Dictionary<string, string> { ["TMPDIR"] = folder },
                (tool, line) =>
                {
                    if (line != step || isSent)
                        return;

                    isSent = true;
                    using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {tool}"]);
                    kill.WaitForExit();
                },
                ["dotnet", "exec", Outputs.Tool, .. arguments]);
            run.AssertEnded(130, step, "cancelled.");
            Assert.DoesNotContain("race:", step.StartsWith("race", StringComparison.Ordinal) ? "" : run.Errors, StringComparison.Ordinal);
            Assert.Empty(run.Output);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
