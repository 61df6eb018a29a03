using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>The command, installed from its package alone.</summary>
public sealed class ToolPackageTests(PackageFixture package)
{
    private const string Script = """
        ./tools/tandem serve --workers 2 --urls http://127.0.0.1:0 --control "$PWD/control" ./app/out/app.dll > log 2>&1 &
        supervisor=$!
        until grep -q "serving on" log; do
          kill -0 $supervisor || { cat log; exit 1; }
          sleep 0.05
        done
        ./tools/tandem serve status --json --control "$PWD/control" && ./tools/tandem serve stop --control "$PWD/control" && wait $supervisor
        """;

    [Fact(Timeout = 5 * Limits.Test)]
    public async Task The_installed_tool_serves_an_application()
    {
        UserFolder folder = package.CreateFolder("tool");
        await folder.BuildAsync("new", "web", "--name", "app", "--output", "app");
        await folder.BuildAsync("build", "app", "--configuration", "Release", "--output", "app/out");
        await folder.BuildAsync("tool", "install", "Tandem.Tool", "--version", package.Version, "--tool-path", "tools");
        File.WriteAllText(folder.At("serve.sh"), Script);
        ProgramRun run = await folder.RunAsync("sh", "-c", $"cd '{folder.At()}' && sh serve.sh");
        run.AssertEnded();
        Assert.Contains("\"state\":\"accepting\"", run.Output, StringComparison.Ordinal);
    }
}
