using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>Programs that refer to the projects of this repository, not to packages.</summary>
public sealed class RepositoryProgramTests : IDisposable
{
    private static readonly string[] Folders = ["eng", "src/Tandem", "src/Tandem.Worker", "samples/ScanAssemblies"];
    private static readonly string[] Files =
        [".editorconfig", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json"];

    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-repository-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The setting for the program also reaches Tandem.Worker, which has no executable of its own (NETSDK1067).</summary>
    [Fact(Timeout = 5 * Limits.Test)]
    public async Task Can_be_published_with_the_runtime()
    {
        Copy(); // publishing for a system changes lock files

        CommandRun publish = await Shell.RunAsync(
            _folder, new Dictionary<string, string>(), "dotnet", "publish", "samples/ScanAssemblies",
            "-c", "Release", "-r", PackageFixture.RuntimeIdentifier, "--self-contained", "-o", "out");
        publish.SkipWhenPackagesAreOutOfReach();

        publish.AssertSucceeded();
        CommandRun run = await Shell.RunAsync(
            _folder, new Dictionary<string, string> { ["DOTNET_ROOT"] = _folder }, Path.Combine(_folder, "out", "ScanAssemblies"), "out", "--workers", "1");
        run.AssertSucceeded();
    }

    [Fact]
    public void A_project_without_an_executable_of_its_own_is_never_published_with_a_runtime()
    {
        string[] projects = [.. Directory.EnumerateFiles(Path.Combine(PackageFixture.Repository, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(static file => File.ReadAllText(file).Contains("<UseAppHost>false</UseAppHost>", StringComparison.Ordinal))];

        Assert.NotEmpty(projects);
        Assert.All(projects, static file =>
        {
            string text = File.ReadAllText(file);
            Assert.Contains("TreatAsLocalProperty=\"SelfContained\"", text, StringComparison.Ordinal);
            Assert.Contains("<SelfContained>false</SelfContained>", text, StringComparison.Ordinal);
        });
    }

    private void Copy()
    {
        foreach (string file in Files)
            File.Copy(Path.Combine(PackageFixture.Repository, file), Path.Combine(_folder, file));
        foreach (string file in Folders.SelectMany(static folder =>
            Directory.EnumerateFiles(Path.Combine(PackageFixture.Repository, folder), "*", SearchOption.AllDirectories)))
        {
            string target = Path.Combine(_folder, Path.GetRelativePath(PackageFixture.Repository, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
