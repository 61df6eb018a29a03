namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>One after another: each test runs servers.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class TemplateCollection : ICollectionFixture<TemplateFixture>;

/// <summary>The SDK's own web applications, made and published once, in a folder that nothing of this repository reaches.</summary>
public sealed class TemplateFixture : IAsyncLifetime
{
    private static readonly string[] Templates = ["web", "webapi", "mvc", "razor", "blazor", "grpc"];

    private static readonly Dictionary<string, string> Variables = new()
    {
        // The first use of an SDK would make a certificate for its user.
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1",
    };

    private readonly string _root = Directory.CreateTempSubdirectory("tandem-templates-").FullName;
    private readonly Dictionary<string, string> _outOfReach = [];

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;

        foreach (string template in Templates)
            (await DotnetAsync("new", template, "-n", Name(template), "-o", Name(template), "--no-restore", "--no-update-check")).AssertSucceeded();

        // What cannot be restored is left out of what is built; the errors name the project that they are about.
        CommandRun restore = await RestoreAsync(Templates);
        string[] errors = [.. (restore.Output + restore.Errors).Split('\n').Where(static line => line.Contains("error NU1", StringComparison.Ordinal))];
        foreach (string template in Templates)
        {
            if (errors.FirstOrDefault(line => line.Contains($"{Name(template)}.csproj", StringComparison.Ordinal)) is { } error)
                _outOfReach[template] = error.Trim();
        }

        if (_outOfReach.Count > 0)
            restore = await RestoreAsync(Templates.Except(_outOfReach.Keys));

        restore.AssertSucceeded();
        // Compressing the templates' scripts and style sheets would take longer than all the rest.
        CommandRun publish = await DotnetAsync(
            "publish", "all.slnx", "-c", "Release", "--no-restore", "-p:CompressionEnabled=false", "-p:RunAnalyzers=false", "-v", "quiet");
        publish.AssertSucceeded();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return default;
    }

    /// <summary>The name of the project that is made of a template.</summary>
    internal static string Name(string template) => $"{char.ToUpperInvariant(template[0])}{template[1..]}Of";

    /// <summary>Where a template's application was published.</summary>
    internal string Folder(string template)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Servers are supervised on Linux.");
        Assert.SkipWhen(_outOfReach.TryGetValue(template, out string? reason), $"A package that this template needs cannot be restored here: {reason}");
        return Path.Combine(_root, Name(template), "bin", "Release", "net10.0", "publish");
    }

    internal Application Application(string template) => Infrastructure.Application.Assembly(Folder(template), Name(template));

    private async Task<CommandRun> RestoreAsync(IEnumerable<string> templates)
    {
        string projects = string.Concat(templates.Select(static template => $"""<Project Path="{Name(template)}/{Name(template)}.csproj" />"""));
        await File.WriteAllTextAsync(Path.Combine(_root, "all.slnx"), $"<Solution>{projects}</Solution>", TestContext.Current.CancellationToken);
        return await DotnetAsync("restore", "all.slnx");
    }

    private Task<CommandRun> DotnetAsync(params string[] words) => Shell.RunAsync(_root, Variables, ["dotnet", .. words]);
}
