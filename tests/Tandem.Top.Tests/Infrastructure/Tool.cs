using System.Text.Json;

namespace Tandem.Top.Tests.Infrastructure;

/// <summary>The command, run as a user runs it.</summary>
internal static class Tool
{
    private static readonly Dictionary<string, string> Plain = [];

    /// <summary>As it was built beside these tests.</summary>
    internal static string Path { get; } = Outputs.At("Tandem.Tool", "Tandem.Tool");

    /// <summary>The program whose pools are watched.</summary>
    internal static string Host { get; } = Outputs.At("Tandem.TestHost", "Tandem.TestHost");

    internal static Task<CommandRun> RunAsync(params string[] arguments) =>
        Shell.RunAsync(AppContext.BaseDirectory, Plain, [Path, .. arguments]);

    /// <summary>Its output as JSON.</summary>
    internal static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        CommandRun run = await RunAsync(arguments);
        run.AssertSucceeded();
        using JsonDocument document = JsonDocument.Parse(run.Output, new JsonDocumentOptions { MaxDepth = 2048 });
        return document.RootElement.Clone();
    }

    /// <summary>Its message, where it fails.</summary>
    internal static async Task<string> FailAsync(int exitCode, params string[] arguments)
    {
        CommandRun run = await RunAsync(arguments);
        Assert.True(run.ExitCode == exitCode, $"'{run.Line}' exited with code {run.ExitCode}:\n{run.Output}\n{run.Errors}");
        return run.Errors;
    }
}
