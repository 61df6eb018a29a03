using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests;

/// <summary>What is the same for all commands: help, mistakes, and an output that takes nothing.</summary>
public sealed class CommandLineTests
{
    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Help_names_the_command_and_fits_a_small_terminal()
    {
        CommandRun run = await RunAsync("--help");

        run.AssertEnded(0);
        Assert.Contains("Usage: tandem ", run.Output, StringComparison.Ordinal);
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 1, 23);
        Assert.All(lines, static line => Assert.InRange(line.Length, 0, 80));
        Assert.All((string[])["serve", "compare", "lab", "top", "stacks"], command => Assert.Contains(lines, line => line.StartsWith($"  {command} ", StringComparison.Ordinal)));
    }

    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("tandem: It needs a command.", 2)]
    [InlineData("tandem: Unrecognized command or argument 'bogus'.", 2, "bogus")]
    [InlineData("tandem compare: There is no option '--bogus'.", 2, "compare", "--bogus", "numeric")]
    [InlineData("tandem compare: --count is 'abc'; it must be a number between 1 and 100000000.", 2, "compare", "numeric", "--count", "abc", "--json")]
    [InlineData("tandem compare: The work is missing.", 2, "compare")]
    [InlineData("tandem lab: There is no option '--bogus'.", 2, "lab", "--bogus")]
    [InlineData("tandem top: The pid is 'abc'; it must be a whole number.", 2, "top", "abc", "--json")]
    [InlineData("tandem top: There is no option '--bogus'.", 2, "top", "--bogus")]
    [InlineData("tandem top: The value of --interval is missing.", 2, "top", "--interval")]
    [InlineData("tandem stacks: The pid is missing.", 2, "stacks")]
    [InlineData("tandem serve: The value of --workers is 'x'; it must be a whole number, or two such as 2:8.", 1, "serve", "--workers", "x", "app.dll")]
    [InlineData("tandem serve: The value of --workers is '99999999999'; it must be a whole number, or two such as 2:8.", 1, "serve", "-w", "99999999999", "app.dll")]
    [InlineData("tandem serve: There is no option '--bogus'.", 1, "serve", "--workers", "--bogus", "app.dll")]
    [InlineData("tandem serve: The value of --max-requests is '1k'; it must be a whole number.", 1, "serve", "--max-requests", "1k", "app.dll")]
    [InlineData("tandem serve: The value of --jitter is 'much'; it must be a number.", 1, "serve", "--jitter", "much", "app.dll")]
    [InlineData("tandem serve: The value of --drain-timeout is 'soon'; it must be a time such as 500ms, 30s, 5m or 2h.", 1, "serve", "--drain-timeout", "soon", "app.dll")]
    [InlineData("tandem serve: The value of --max-memory is 'much'; it must be a size such as 500M or 2G.", 1, "serve", "--max-memory", "much", "app.dll")]
    public async Task A_mistake_is_told_in_two_lines_on_standard_error(string expected, int code, params string[] arguments)
    {
        CommandRun run = await RunAsync(arguments);

        run.AssertEnded(code);
        Assert.Empty(run.Output);
        string[] lines = run.Errors.TrimEnd('\n').Split('\n');
        Assert.Equal(expected, lines[0]);
        Assert.Equal($"See {expected.Split(':')[0]} --help.", Assert.Single(lines[1..]));
    }

    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("lab", "lab", "cpu", "--report")]
    [InlineData("compare", "compare", "numeric", "--report")]
    [InlineData("top", "top", "--svg")]
    public async Task A_folder_is_no_file_to_write_and_nothing_is_measured_for_it(string command, params string[] arguments)
    {
        CommandRun run = await RunAsync([.. arguments, Path.GetTempPath()]);

        run.AssertEnded(2, $"tandem {command}: {arguments[^1]}: '{Path.GetTempPath()}' is a folder. Give a file.");
        Assert.Empty(run.Output);
    }

    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("tandem: ", "--help")]
    [InlineData("tandem lab: ", "lab", "cpu", "--quick")]
    [InlineData("tandem top: ", "top", "--once", "--interval", "100ms")]
    [InlineData("tandem compare: ", "compare", "numeric", "--workers", "1", "--repeat", "2", "--seconds", "0.2")]
    public async Task An_output_that_is_full_is_an_error_in_one_line(string said, params string[] arguments)
    {
        CommandRun run = await Shell.RunAsync(
            AppContext.BaseDirectory, new Dictionary<string, string>(), ["sh", "-c", "exec dotnet exec \"$@\" > /dev/full", "sh", Outputs.Tool, .. arguments]);

        run.AssertEnded(1);
        Assert.Equal($"{said}No space left on device", run.Errors.TrimEnd('\n').Split('\n')[^1]);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Nobody_who_reads_to_the_end_is_no_error()
    {
        CommandRun run = await Shell.RunAsync(
            AppContext.BaseDirectory, new Dictionary<string, string>(), "sh", "-c", "dotnet exec \"$@\" | head -1", "sh", Outputs.Tool, "compare", "--help");

        run.AssertEnded(0);
        Assert.Empty(run.Errors);
        Assert.Single(run.Output.TrimEnd('\n').Split('\n'));
    }

    private static Task<CommandRun> RunAsync(params string[] arguments) => ToolCommand.RunAsync(AppContext.BaseDirectory, arguments);
}
