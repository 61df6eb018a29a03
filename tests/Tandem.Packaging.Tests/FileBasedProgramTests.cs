using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>Programs that are one source file, without a project.</summary>
public sealed class FileBasedProgramTests(PackageFixture package)
{
    private const int Limit = 5 * Limits.Test;

    // The SDK analyzes such programs as if they were published as native code, for which pools of processes are not made.
    private const string NoWarn = "#:property NoWarn=IL2026;IL3050";

    [Fact(Timeout = Limit)]
    public async Task By_dotnet_run() => (await RunAsync(NoWarn)).AssertWorked();

    [Fact(Timeout = Limit)]
    public async Task By_dotnet_run_with_hooks_switched_off() => (await RunAsync(NoWarn, "#:property StartupHookSupport=false")).AssertWorked();

    private async Task<ProgramRun> RunAsync(params string[] directives)
    {
        UserFolder folder = package.CreateFolder($"file-{Guid.NewGuid():N}");
        folder.AddFile("app.cs", directives);
        // The SDK builds such programs below the user's data folder; this one is deleted with the rest.
        string data = Directory.CreateDirectory(folder.At("data")).FullName;
        ProgramRun run = await folder.RunAsync(new Dictionary<string, string> { ["XDG_DATA_HOME"] = data }, "dotnet", "run", folder.At("app.cs"));
        run.Command.SkipWhenPackagesAreOutOfReach();
        return run;
    }
}
