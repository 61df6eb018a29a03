using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>Programs as they are published.</summary>
public sealed class PublishedProgramTests(PackageFixture package)
{
    private const int Limit = 5 * Limits.Test;
    private const string SingleFile = "-p:PublishSingleFile=true";

    [Fact(Timeout = Limit)]
    public async Task With_the_runtime_beside_it_even_when_its_folder_is_renamed_meanwhile()
    {
        UserFolder folder = await PublishAsync("--self-contained");
        (await folder.RunAsync(folder.At("out", "app"))).AssertWorked();

        // Not even the framework can be loaded then.
        ProgramRun moved = await folder.RunAsync(folder.At("out", "app"), "Move");
        moved.AssertEnded();
        Assert.Equal("MAIN\nbefore: 1\nafter: 2\nEND\n", moved.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task In_a_single_file() => (await RunAsync("--self-contained", "false", SingleFile)).AssertWorked();

    [Fact(Timeout = Limit)]
    public async Task In_a_single_file_with_the_runtime() => (await RunAsync("--self-contained", SingleFile)).AssertWorked();

    [Fact(Timeout = Limit)]
    public async Task Without_hooks_in_a_single_file_it_is_told_what_to_do() =>
        AssertTold(
            await RunAsync("--self-contained", "false", SingleFile, "-p:StartupHookSupport=false"),
            "startup hooks are switched off in this program",
            "<StartupHookSupport>true</StartupHookSupport> in the project");

    /// <summary>Startup hooks would not help it: what a worker finds by name is not in the program.</summary>
    [Fact(Timeout = Limit)]
    public async Task Trimmed_it_is_told_what_to_do() =>
        AssertTold(await RunAsync("--self-contained", SingleFile, "-p:PublishTrimmed=true"), "this program is trimmed or natively compiled", "or use WorkerPool.Threads");

    private static void AssertTold(ProgramRun run, params string[] parts)
    {
        Assert.Equal("MAIN\n", run.Command.Output);
        Assert.Contains($"Tandem.WorkerStartException: No worker can be started: {parts[0]}", run.Command.Errors);
        Assert.Contains("Publish without PublishTrimmed and PublishAot", run.Command.Errors);
        Assert.All(parts, part => Assert.Contains(part, run.Command.Errors));
        Assert.NotEqual(0, run.Command.ExitCode);
        Assert.Equal(1, run.Mains);
        run.Command.AssertLeftNothing();
    }

    private async Task<ProgramRun> RunAsync(params string[] arguments)
    {
        UserFolder folder = await PublishAsync(arguments);
        return await folder.RunAsync(folder.At("out", "app"));
    }

    private async Task<UserFolder> PublishAsync(params string[] arguments)
    {
        UserFolder folder = package.CreateFolder($"published-{Guid.NewGuid():N}");
        folder.AddProject("app", isProgram: true, ["Tandem"], "Program.cs", "Scenario.cs");
        await folder.BuildAsync(["publish", "-c", "Release", "-r", PackageFixture.RuntimeIdentifier, "-o", folder.At("out"), "app", .. arguments]);
        return folder;
    }
}
