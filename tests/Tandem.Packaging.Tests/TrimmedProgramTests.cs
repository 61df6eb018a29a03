using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>Programs that are published trimmed, or compiled natively: they use pools of threads, and pools of processes say what to do.</summary>
public sealed class TrimmedProgramTests(PackageFixture package)
{
    private const int Limit = 5 * Limits.Test;

    private const string Output = """
        lambda: 8
        async: 7
        valuetask: done
        map: 1
        map: 4
        map: 9
        map: 16
        for each: 17
        error: thrown
        canceled: True
        snapshot: 2
        state: 1
        shared: 2 4 4 4
        channel: This program is trimmed or natively compiled, so processes cannot share a channel. Create it with Isolation.Thread.
        processes: No worker can be started: this program is trimmed or natively compiled, and worker processes need what was left out. Publish without PublishTrimmed and PublishAot, or use WorkerPool.Threads.
        processes: No worker can be started: this program is trimmed or natively compiled, and worker processes need what was left out. Publish without PublishTrimmed and PublishAot, or use WorkerPool.Threads.

        """;

    [Fact(Timeout = Limit)]
    public Task Trimmed() => TestAsync("<PublishTrimmed>true</PublishTrimmed><SelfContained>true</SelfContained>");

    [Fact(Timeout = Limit)]
    public Task Compiled_natively() => TestAsync($"<PublishAot>true</PublishAot>{Linker}");

    [Fact(Timeout = Limit)]
    public async Task The_build_warns_of_pools_of_processes()
    {
        UserFolder folder = package.CreateFolder($"warned-{Guid.NewGuid():N}");
        folder.AddProject("app", "<OutputType>Exe</OutputType><PublishTrimmed>true</PublishTrimmed><IsAotCompatible>true</IsAotCompatible>", Reference);
        File.WriteAllText(folder.At("app", "Program.cs"), "using var pool = Tandem.WorkerPool.Processes(1) as IDisposable;");
        CommandRun build = await Shell.RunAsync(folder.At(), new Dictionary<string, string>(), "dotnet", "build", "app");
        build.SkipWhenPackagesAreOutOfReach();
        build.AssertSucceeded();
        Assert.Contains("warning IL2026", build.Output, StringComparison.Ordinal);
        Assert.Contains("warning IL3050", build.Output, StringComparison.Ordinal);
        Assert.Contains("Use WorkerPool.Threads", build.Output, StringComparison.Ordinal);
    }

    private string Reference => $"""<PackageReference Include="Tandem" Version="{package.Version}" />""";

    /// <summary>The SDK looks for Clang; where only GCC is, it takes that.</summary>
    private static string Linker => File.Exists("/usr/bin/clang") ? "" : "<CppCompilerAndLinker>gcc</CppCompilerAndLinker>";

    /// <summary>Warnings are errors, and all of them are shown, so nothing of Tandem that such a program reaches is unfit for it.</summary>
    private async Task TestAsync(string properties)
    {
        UserFolder folder = package.CreateFolder($"trimmed-{Guid.NewGuid():N}");
        folder.AddProject(
            "app",
            $"<OutputType>Exe</OutputType><TreatWarningsAsErrors>true</TreatWarningsAsErrors><TrimmerSingleWarn>false</TrimmerSingleWarn>{properties}",
            Reference,
            "Trimmed.cs");
        await folder.BuildAsync("publish", "-c", "Release", "-r", PackageFixture.RuntimeIdentifier, "-o", folder.At("out"), "app");
        ProgramRun run = await folder.RunAsync(folder.At("out", "app"));
        run.AssertEnded();
        Assert.Equal(Output, run.Output);
    }
}
