namespace Tandem.Tool.Tests.Infrastructure;

/// <summary>The built command, run as a user runs it.</summary>
internal static class ToolCommand
{
    /// <summary>For <see cref="FactAttribute.Timeout"/>, in milliseconds: a comparison starts many processes.</summary>
    internal const int Limit = 300_000;

    // Two configurations, twice, for a moment each.
    private static readonly string[] Short = ["--workers", "1", "--repeat", "2", "--seconds", "0.5"];

    /// <summary>A program whose methods are compared.</summary>
    internal static string App => Outputs.At("Tandem.Tool.Tests.App", "Tandem.Tool.Tests.App.dll");

    internal static Task<CommandRun> CompareAsync(params string[] arguments) => RunAsync(AppContext.BaseDirectory, ["compare", .. arguments]);

    /// <summary>With as little to measure as there can be.</summary>
    internal static Task<CommandRun> CompareShortlyAsync(params string[] arguments) => CompareAsync([.. arguments, .. Short]);

    internal static Task<CommandRun> RunAsync(string folder, params string[] arguments) =>
        Shell.RunAsync(folder, new Dictionary<string, string>(), ["dotnet", "exec", Outputs.Tool, .. arguments]);

    /// <summary>That it ended with this code, said this on standard error, and left no process behind.</summary>
    internal static void AssertEnded(this CommandRun run, int code, params string[] said)
    {
        Assert.True(run.ExitCode == code, $"{run.ExitCode} instead of {code}:\n{run.Output}\n{run.Errors}");
        foreach (string text in said)
            Assert.Contains(text, run.Errors, StringComparison.Ordinal);

        run.AssertLeftNothing();
    }
}
