using System.Globalization;
using System.Reflection;

[assembly: AssemblyFixture(typeof(Tandem.Packaging.Tests.Infrastructure.PackageFixture))]

namespace Tandem.Packaging.Tests.Infrastructure;

/// <summary>The package, made once from the sources as they are, in a folder of its own that a user's restore looks into.</summary>
public sealed class PackageFixture : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("tandem-packaging-").FullName;

    /// <summary>A version that no cache knows.</summary>
    internal string Version { get; } = "0.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    internal string PackageFile => FileOf("Tandem", "nupkg");

    /// <summary>All packages. Those that others depend on come first.</summary>
    internal static string[] Packages => ["Tandem", "Tandem.Compare", "Tandem.Diagnostics", "Tandem.Hosting", "Tandem.Tool"];

    /// <summary>What the packages name as the project's address.</summary>
    internal static string ProjectUrl => "https://example.com/tandem";

    /// <summary>The folder with all sources.</summary>
    internal static string Repository => Metadata("Repository");

    /// <summary>Such as linux-x64.</summary>
    internal static string RuntimeIdentifier =>
        $"linux-{System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;

        // An added source; those of the machine stay.
        await File.WriteAllTextAsync(
            Path.Combine(_root, "NuGet.config"),
            """<configuration><packageSources><add key="tandem-under-test" value="feed" /></packageSources></configuration>""",
            TestContext.Current.CancellationToken);

        // Built apart, as in a fresh clone: what others build or run at the same time is not touched. Restoring the worker's entry
        // restores the library too. Analyzers, which change nothing in the package, would take a third of the time.
        string[] apart =
        [
            "-p:Configuration=Release", $"-p:Version={Version}", $"-p:ProjectUrl={ProjectUrl}", $"-p:ArtifactsPath={Path.Combine(_root, "artifacts")}",
            "-p:ContinuousIntegrationBuild=true", "-p:RunAnalyzers=false",
        ];
        await DotnetAsync(["restore", "src/Tandem.Worker", .. apart]);
        foreach (string project in Packages)
        {
            if (project != "Tandem")
                await DotnetAsync(["restore", $"src/{project}", .. apart]);
            await DotnetAsync(["pack", $"src/{project}", "--no-restore", "-o", Path.Combine(_root, "feed"), .. apart]);
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        foreach (string project in Packages)
        {
            string unpacked = Path.Combine(Metadata("PackagesFolder"), project.ToLowerInvariant(), Version);
            if (Directory.Exists(unpacked))
                Directory.Delete(unpacked, recursive: true);
        }

        return default;
    }

    /// <summary>The file of a package.</summary>
    /// <param name="name">The package.</param>
    /// <param name="kind">nupkg, or snupkg for its symbols.</param>
    internal string FileOf(string name, string kind) => Path.Combine(_root, "feed", $"{name}.{Version}.{kind}");

    /// <summary>A new folder for a user's files; the package is found from there.</summary>
    internal UserFolder CreateFolder(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes that were left behind are looked for in /proc.");
        return new UserFolder(Directory.CreateDirectory(Path.Combine(_root, name)).FullName, Version);
    }

    private static async Task DotnetAsync(string[] words)
    {
        CommandRun run = await Shell.RunAsync(Repository, new Dictionary<string, string>(), ["dotnet", .. words]);
        run.AssertSucceeded();
    }

    private static string Metadata(string key) =>
        typeof(PackageFixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == key).Value!;
}
