using System.Text.Json;

namespace Tandem.Samples.Tests;

/// <summary>The main job, as a user runs it.</summary>
public sealed class ScanAssembliesTests
{
    private const int Limit = Limits.Test;

    [Fact(Timeout = Limit)]
    public async Task All_three_runs_count_what_is_there()
    {
        using AssemblyFolder folder = AssemblyFolder.OfFramework();
        string file = folder.At("result.json");

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path, "--json", file, "--workers", "2");

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("The three runs found the same: 4 assemblies", run.Output);
        using JsonDocument result = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.True(result.RootElement.GetProperty("equal").GetBoolean());
        JsonElement[] runs = [.. result.RootElement.GetProperty("runs").EnumerateArray()];
        Assert.Equal(["loop", "threads", "processes"], runs.Select(one => one.GetProperty("name").GetString()));
        (int types, int methods) = AssemblyFolder.Count();
        foreach (JsonElement totals in runs.Select(one => one.GetProperty("totals")))
        {
            Assert.Equal(types, totals.GetProperty("types").GetInt32());
            Assert.Equal(methods, totals.GetProperty("methods").GetInt32());
            Assert.Equal(AssemblyFolder.Assemblies.Sum(name => new FileInfo(folder.At(name)).Length), totals.GetProperty("bytes").GetInt64());
            Assert.True(totals.GetProperty("ilBytes").GetInt64() > 10_000);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_killed_file_is_named_and_scanned_again()
    {
        using AssemblyFolder folder = AssemblyFolder.OfFramework();
        string file = folder.At("result.json");

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path, "--json", file);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        using JsonDocument result = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        JsonElement[][] lost = [.. result.RootElement.GetProperty("runs").EnumerateArray().Select(one => one.GetProperty("lost").EnumerateArray().ToArray())];
        Assert.Equal([0, 0, 1], lost.Select(one => one.Length));
        JsonElement loss = lost[2][0];
        Assert.Equal(folder.At("System.Text.Json.dll"), loss.GetProperty("path").GetString());
        Assert.NotEqual(loss.GetProperty("processId").GetInt32(), loss.GetProperty("againOn").GetInt32());
        Assert.Contains("was ended by SIGKILL while it scanned System.Text.Json.dll.", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task One_worker_is_replaced_and_its_replacement_does_the_rest()
    {
        using AssemblyFolder folder = AssemblyFolder.OfFramework();

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path, "--workers", "1");

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Matches(@"replaced .* 1 worker ", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task Files_that_are_no_assemblies_are_counted_and_named_and_end_nothing()
    {
        using AssemblyFolder folder = AssemblyFolder.OfFramework();
        await File.WriteAllTextAsync(folder.At("a-text.dll"), "This is no assembly.", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder.At("an-empty.dll"), [], TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder.At("a-dangling.dll"), folder.At("nowhere"));
        byte[] broken = await File.ReadAllBytesAsync(folder.At("System.Linq.dll"), TestContext.Current.CancellationToken);
        broken[broken.AsSpan().IndexOf("BSJB"u8)] = 0; // the signature of the metadata
        await File.WriteAllBytesAsync(folder.At("broken.dll"), broken, TestContext.Current.CancellationToken);

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("Not an assembly: 2 files (a-text.dll, an-empty.dll)", run.Output);
        Assert.Contains("Could not be scanned: 2 files", run.Output);
        Assert.Contains("  a-dangling.dll: FileNotFoundException: ", run.Output);
        Assert.Contains("  broken.dll: BadImageFormatException: ", run.Output);
        Assert.Contains("The three runs found the same: 4 assemblies", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task Files_and_folders_that_may_not_be_read_are_named_and_end_nothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Permissions are set in another way there.");
            return;
        }

        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The administrator may read everything.");
        using AssemblyFolder folder = AssemblyFolder.OfFramework();
        File.SetUnixFileMode(folder.At("System.Linq.dll"), UnixFileMode.None);
        Directory.CreateDirectory(folder.At("closed"), UnixFileMode.None);

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("Folders that cannot be listed: 1 (closed)", run.Output);
        Assert.Contains("  System.Linq.dll: UnauthorizedAccessException: ", run.Output);
        Assert.Contains("The three runs found the same: 3 assemblies", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_without_assemblies_is_no_error()
    {
        using AssemblyFolder folder = AssemblyFolder.Empty();

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("Nothing to scan", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task Redirected_output_is_plain_text()
    {
        using AssemblyFolder folder = AssemblyFolder.OfFramework();

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path);

        Assert.DoesNotContain(run.Output, character => char.IsControl(character) && character is not ('\n' or '\r'));
        Assert.Contains("processes 100 %  4 of 4 files", run.Output);
    }

    [Fact(Timeout = Limit)]
    public async Task A_name_cannot_smuggle_commands_to_the_terminal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No such names there.");
        using AssemblyFolder folder = AssemblyFolder.OfFramework();
        await File.WriteAllTextAsync(folder.At("[red]\u001b[2J.dll"), "no assembly", TestContext.Current.CancellationToken);

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, folder.Path);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("Not an assembly: 1 file ([red]?[2J.dll)", run.Output);
    }

    [Theory(Timeout = Limit)]
    [InlineData("There is no folder '/no/such/folder'.", "/no/such/folder")]
    [InlineData("--workers is 'many'; it must be a number between 1 and 256.", "--workers", "many")]
    [InlineData("--workers is '0'; it must be a number between 1 and 256.", "--workers", "0")]
    [InlineData("--json: there is no folder for '/no/such/folder/result.json'.", "--json", "/no/such/folder/result.json")]
    [InlineData("--fast", "--fast")]
    public async Task Bad_usage_is_said_clearly(string message, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Paths look different there.");

        SampleRun run = await ScanAsync(TestContext.Current.CancellationToken, arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Errors);
        Assert.Equal("", run.Output);
    }

    private static Task<SampleRun> ScanAsync(CancellationToken cancellation, params string[] arguments) =>
        SampleProgram.RunAsync("ScanAssemblies", arguments, cancellation);
}
