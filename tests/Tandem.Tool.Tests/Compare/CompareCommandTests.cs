using System.Text.Json;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Compare;

/// <summary>The built tool: what it prints, what it refuses, and how it ends.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-compare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_programs_method_is_measured_with_the_programs_own_framework()
    {
        CommandRun run = await ToolCommand.CompareShortlyAsync(ToolCommand.App, "--method", "TestApp.Jobs.Query", "--count", "40", "--json");

        run.AssertEnded(0);
        JsonElement result = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(40, result.GetProperty("itemsGiven").GetInt32());
        Assert.Equal(2, result.GetProperty("rounds").GetInt32());
        Assert.Equal(["1 thread", "1 process"], result.GetProperty("configurations").EnumerateArray().Select(static one => one.GetProperty("name").GetString()));
        foreach (JsonElement one in result.GetProperty("configurations").EnumerateArray())
        {
            Assert.True(one.GetProperty("itemsPerSecond").GetDouble() > 0, run.Output);
            Assert.True(one.GetProperty("latencySeconds").GetProperty("max").GetDouble() > 0);
            Assert.True(one.GetProperty("peakMemoryBytes").GetInt64() > one.GetProperty("privateMemoryBytes").GetInt64());
            Assert.Equal(0, one.GetProperty("failedItems").GetInt64());
        }

        Assert.Contains("PoolOptions", result.GetProperty("recommendation").GetProperty("code").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Main was run", run.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_librarys_method_is_measured_and_items_that_fail_are_counted()
    {
        // Without its runtimeconfig.json, an assembly is no program.
        string library = Path.Combine(_folder, "Library.dll");
        File.Copy(ToolCommand.App, library);
        CommandRun run = await ToolCommand.CompareShortlyAsync(library, "--method", "TestApp.Jobs.FailsOnOdd", "--count", "40");

        run.AssertEnded(0);
        Assert.DoesNotContain('\e', run.Output);
        Assert.Contains("1 process", run.Output, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: 1 is odd.", run.Output, StringComparison.Ordinal);
        Assert.Contains("items failed with", run.Output, StringComparison.Ordinal);
        Assert.Contains("PoolOptions { MaxWorkers = ", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Items_that_nobody_gave_are_told()
    {
        CommandRun run = await ToolCommand.CompareShortlyAsync(ToolCommand.App, "--method", "TestApp.Jobs.Square");

        run.AssertEnded(0);
        Assert.Contains("Note: Without --items, --items-from or --count the items are the numbers from 0 to 999.", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_result_that_cannot_travel_leaves_threads_only()
    {
        CommandRun run = await ToolCommand.CompareShortlyAsync(ToolCommand.App, "--method", "TestApp.Jobs.Open", "--count", "20");

        run.AssertEnded(0);
        Assert.Contains("Only threads could run this work.", run.Output, StringComparison.Ordinal);
        Assert.Contains("a FileStream is tied to this process", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Files_are_items()
    {
        File.WriteAllText(Path.Combine(_folder, "a.json"), "{}");
        File.WriteAllText(Path.Combine(_folder, "b.json"), "[1]");
        CommandRun run = await ToolCommand.RunAsync(
            _folder, "compare", ToolCommand.App, "--method", "TestApp.Jobs.LengthAsync", "--items", "*.json", "--json", "--workers", "1", "--repeat", "2", "--seconds", "0.2");

        run.AssertEnded(0);
        Assert.Equal(2, JsonDocument.Parse(run.Output).RootElement.GetProperty("itemsGiven").GetInt32());
    }

    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("Jobs.Lenght", "Did you mean TestApp.Jobs.Length")]
    [InlineData("Job.Length", "There is no type 'TestApp.Job'")]
    [InlineData("Machine.Run", "it is an instance method")]
    [InlineData("Jobs.Twice", "has 2 overloads, and none can be used")]
    [InlineData("Jobs.Length", "its parameter is a String, and items are numbers")]
    [InlineData("Jobs.Quick", "returns a ValueTask")]
    public async Task A_method_that_cannot_be_called_is_wrong_usage(string method, string expected) =>
        (await ToolCommand.CompareShortlyAsync(ToolCommand.App, "--method", $"TestApp.{method}", "--count", "5")).AssertEnded(2, "tandem compare: ", expected);

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Work_that_always_fails_ends_with_one() =>
        (await ToolCommand.CompareShortlyAsync(ToolCommand.App, "--method", "TestApp.Jobs.Fails", "--count", "5"))
            .AssertEnded(1, "items failed", "InvalidOperationException: 0 is not wanted.");

    [Theory(Timeout = ToolCommand.Limit)]
    [InlineData("There is no built-in work and no file 'nothing'", "nothing")]
    [InlineData("Which method of", "APP")]
    [InlineData("No file matches '*.nothing'", "APP", "--method", "A.B.C", "--items", "*.nothing")]
    [InlineData("is not a .NET assembly", "TEXT", "--method", "A.B.C")]
    [InlineData("there is no folder for", "numeric", "--report", "nowhere/report.html")]
    [InlineData("--workers is '0'", "numeric", "--workers", "0")]
    [InlineData("--repeat is 'many'", "numeric", "--repeat", "many")]
    [InlineData("one of --items, --items-from and --count", "APP", "--method", "A.B.C", "--count", "3", "--items-from", "TEXT")]
    [InlineData("--method and --items-from are for your own method", "numeric", "--method", "A.B.C")]
    public async Task Wrong_usage_ends_with_two_and_says_what_is_wrong(string expected, params string[] arguments)
    {
        string text = Path.Combine(_folder, "text.dll");
        File.WriteAllText(text, "Nothing that could be run.");
        (await ToolCommand.CompareAsync([.. arguments.Select(argument => argument switch { "APP" => ToolCommand.App, "TEXT" => text, _ => argument })])).AssertEnded(2, expected);
    }

    [Fact(Timeout = ToolCommand.Limit)]
    public async Task Help_has_examples()
    {
        CommandRun run = await ToolCommand.CompareAsync("--help");
        run.AssertEnded(0);
        Assert.Contains("tandem compare MyApp.dll --method MyApp.Importer.Import --items 'data/*.json'", run.Output, StringComparison.Ordinal);
    }
}
