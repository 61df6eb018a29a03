namespace Tandem.Testing;

/// <summary>Chromium as the system has it, and what drives it, installed once as the lock file says into a folder of its own.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private string? _missing;

    public string Program { get; private set; } = "";

    /// <summary>Where Playwright is.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("tandem-playwright-").FullName;

    public async ValueTask InitializeAsync()
    {
        Program = Programs.FirstOrDefault(File.Exists) ?? "";
        if (Program.Length == 0)
            _missing = "Chromium is not installed here.";
        else if (await FindAsync("node") && await FindAsync("npm"))
            await InstallAsync();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return default;
    }

    public void SkipWhenMissing() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    private async Task<bool> FindAsync(string program)
    {
        CommandRun run = await RunAsync("sh", "-c", $"command -v {program}");
        if (run.ExitCode != 0)
            _missing = $"Node drives the browser, and {program} is not installed here.";

        return run.ExitCode == 0;
    }

    private async Task InstallAsync()
    {
        foreach (string file in (string[])["package.json", "package-lock.json"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Browser", file), Path.Combine(Folder, file));

        CommandRun install = await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        if (install.ExitCode != 0)
        {
            _missing = $"Playwright cannot be installed here: {install.Errors.Split('\n').FirstOrDefault(static line => line.Contains("ERR", StringComparison.OrdinalIgnoreCase))}";
            return;
        }

        // It names the Node that it needs by failing on an older one.
        CommandRun load = await RunAsync("node", "-e", "require('playwright-core')");
        if (load.ExitCode != 0)
            _missing = $"Playwright does not run on the Node that is here: {load.Errors}";
    }

    private Task<CommandRun> RunAsync(params string[] words) => Shell.RunAsync(Folder, new Dictionary<string, string>(), words);
}
