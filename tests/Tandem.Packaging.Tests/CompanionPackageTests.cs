using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>The packages beside Tandem, used by a program that was built with nothing but packages.</summary>
public sealed class CompanionPackageTests(PackageFixture package)
{
    private const int Limit = 5 * Limits.Test;

    [Fact(Timeout = Limit)]
    public async Task Stacks_isolated_services_and_health_checks_work_from_packages()
    {
        UserFolder folder = package.CreateFolder("companions");
        folder.AddProject("app", isProgram: true, ["Tandem.Diagnostics", "Tandem.Hosting"], "Companions.cs");
        await folder.BuildAsync("build", "-c", "Release", "app");

        ProgramRun run = await folder.RunAsync(folder.At("app", "bin", "Release", "net10.0", "app"));

        run.AssertEnded();
        foreach (string line in (string[])["service Running elsewhere True", "stack True", "health Healthy"])
            Assert.True(run.Output.Contains(line, StringComparison.Ordinal), $"'{line}' is missing in:\n{run.Output}");
    }
}
