using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>Pools in programs that others start: test hosts and generated benchmarks.</summary>
public sealed class HostedTests(PackageFixture package, HostedTests.BuiltHosts hosts) : IClassFixture<HostedTests.BuiltHosts>
{
    private const int Limit = 5 * Limits.Test;

    private const string Program = "<OutputType>Exe</OutputType>";
    private const string WithVsTest = """<PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.11.0" /><PackageReference Include="coverlet.collector" Version="10.0.1" />""";
    private const string WithPlatform = """<PackageReference Include="coverlet.MTP" Version="10.1.0" />""";
    private const string XunitRunner = """<PackageReference Include="xunit.runner.visualstudio" Version="4.0.1" />""";
    private const string XunitThree = """<PackageReference Include="xunit.v3" Version="4.0.2" />""";
    private const string MsTest = """<PackageReference Include="MSTest" Version="4.5.2" />""";
    private const string Nunit = """<PackageReference Include="NUnit" Version="5.0.0" /><PackageReference Include="NUnit3TestAdapter" Version="6.3.1" />""";
    private const string MsTestName = "Microsoft.VisualStudio.TestTools.UnitTesting.";

    /// <summary>What there is: name, whether VSTest runs it (or its own executable, by Microsoft.Testing.Platform), properties, packages, attributes.</summary>
    private static readonly Host[] All =
    [
        new("vstest-xunit2", true, "", WithVsTest + XunitRunner + """<PackageReference Include="xunit" Version="2.9.3" />""", "Xunit.FactAttribute"),
        new("vstest-xunit3", true, Program + "<IsTestingPlatformApplication>false</IsTestingPlatformApplication>", WithVsTest + XunitRunner + XunitThree, "Xunit.FactAttribute"),
        new("vstest-nunit", true, "", WithVsTest + Nunit, "NUnit.Framework.TestAttribute"),
        new("vstest-mstest", true, "", WithVsTest + MsTest, MsTestName + "TestMethodAttribute", MsTestName + "TestClassAttribute"),
        new("platform-xunit3", false, Program + "<UseMicrosoftTestingPlatformRunner>true</UseMicrosoftTestingPlatformRunner>", WithPlatform + XunitThree, "Xunit.FactAttribute"),
        new("platform-nunit", false, Program + "<EnableNUnitRunner>true</EnableNUnitRunner>", WithPlatform + Nunit, "NUnit.Framework.TestAttribute"),
        new("platform-mstest", false, Program + "<EnableMSTestRunner>true</EnableMSTestRunner>", WithPlatform + MsTest, MsTestName + "TestMethodAttribute", MsTestName + "TestClassAttribute"),
        new("platform-tunit", false, Program, WithPlatform + """<PackageReference Include="TUnit" Version="1.81.10" />""", "TUnit.Core.TestAttribute"),
    ];

    private static readonly Host Benchmark =
        new("host-benchmark", false, Program, """<PackageReference Include="BenchmarkDotNet" Version="0.15.8" />""", "BenchmarkDotNet.Attributes.BenchmarkAttribute");

    public static TheoryData<string, bool> Hosts
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (Host host in All)
            {
                data.Add(host.Name, false);
                data.Add(host.Name, true);
            }

            return data;
        }
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Hosts))]
    public async Task A_test_uses_a_pool(string name, bool covered)
    {
        Host host = Assert.Single(All, one => one.Name == name);
        UserFolder folder = await hosts.BuildAsync(package);

        string[] command = host.IsVsTest
            ? ["dotnet", "test", folder.At(name), "-c", "Release", "--no-build", .. covered ? (string[])["--collect", "XPlat Code Coverage"] : []]
            : [Output(folder, name), .. covered ? (string[])["--coverlet"] : []];
        await AssertWorksAsync(folder, command);
    }

    [Fact(Timeout = Limit)]
    public async Task A_benchmark_uses_a_pool()
    {
        UserFolder folder = await hosts.BuildAsync(package);

        // Its reports and the program that it generates belong beside the benchmark's project.
        await AssertWorksAsync(folder, "sh", "-c", $"cd '{folder.At(Benchmark.Name)}' && exec '{Output(folder, Benchmark.Name)}'");
    }

    private static async Task AssertWorksAsync(UserFolder folder, params string[] command)
    {
        string output = folder.At(Guid.NewGuid().ToString("N"));
        ProgramRun run = await folder.RunAsync(new Dictionary<string, string>
        {
            ["HOSTED_OUTPUT"] = output,
            ["VSTEST_CONNECTION_TIMEOUT"] = "600", // seconds that VSTest waits for its host
        }, command);

        run.AssertEnded();
        foreach (string transport in (string[])["Auto", "Portable"])
        {
            string file = $"{output}-{transport}.txt";
            Assert.True(File.Exists(file), $"{run.Command.Line}\n{run.Command.Output}\n{run.Command.Errors}");
            Assert.Equal(ProgramRun.Scenario, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
    }

    private static string Output(UserFolder folder, string name) => folder.At(name, "bin", "Release", "net10.0", name);

    private sealed record Host(
        string Name, bool IsVsTest, string Properties, string Packages, string Case, string Group = "System.ComponentModel.DesignerCategoryAttribute");

    /// <summary>Builds all hosts, in one solution, when the first test needs them.</summary>
    public sealed class BuiltHosts
    {
        private Task<UserFolder>? _built;

        internal Task<UserFolder> BuildAsync(PackageFixture package) => _built ??= BuildOnceAsync(package);

        private static async Task<UserFolder> BuildOnceAsync(PackageFixture package)
        {
            UserFolder folder = package.CreateFolder("hosts");
            foreach (Host host in (Host[])[.. All, Benchmark])
            {
                string items = $"""
                    <PackageReference Include="Tandem" Version="{package.Version}" />{host.Packages}
                    <Using Include="{host.Case}" Alias="Case" /><Using Include="{host.Group}" Alias="Group" />
                    """;
                string[] more = host == Benchmark ? ["Benchmarks.cs"] : [];
                folder.AddProject(host.Name, host.Properties, items, ["Scenario.cs", "Hosted.cs", .. more]);
            }

            IEnumerable<string> projects = All.Append(Benchmark).Select(host => $"""<Project Path="{host.Name}/{host.Name}.csproj" />""");
            await File.WriteAllTextAsync(folder.At("all.slnx"), $"<Solution>{string.Concat(projects)}</Solution>", TestContext.Current.CancellationToken);
            await folder.BuildAsync("build", "-c", "Release", "-m:1", "all.slnx");
            return folder;
        }
    }
}
