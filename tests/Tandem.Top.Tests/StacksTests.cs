using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tandem.Top.Tests.Infrastructure;

namespace Tandem.Top.Tests;

/// <summary>What <c>tandem stacks</c> prints about a program in which something hangs.</summary>
public sealed class StacksTests(HangFixture host) : IClassFixture<HangFixture>
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_hung_worker_thread_is_shown_with_its_method_line_and_stack()
    {
        JsonElement stacks = await Tool.JsonAsync("stacks", host.IdText, "--json");

        JsonElement[] threads = [.. stacks.GetProperty("threads").EnumerateArray()];
        // Not the first one, where the system has begun to count threads anew.
        Assert.Single(threads, thread => thread.GetProperty("id").GetInt32() == host.Id);
        Assert.Contains(threads, static thread => !thread.TryGetProperty("managedId", out _)); // the runtime's own
        JsonElement hung = Assert.Single(threads, static thread => thread.GetProperty("name").GetString() == "stuck threads 0");
        AssertHangs(hung);
        JsonElement stack = hung.GetProperty("stack");
        ulong pointer = Address(stack, "pointer");
        Assert.InRange(pointer, Address(stack, "bottom"), Address(stack, "top"));
        Assert.Equal(Address(stack, "top") - pointer, (ulong)stack.GetProperty("used").GetInt64());
        Assert.Equal(hung.GetProperty("programCounter").GetString(), hung.GetProperty("frames")[0].GetProperty("address").GetString());
        Assert.Contains(hung.GetProperty("frames").EnumerateArray(), static frame => frame.GetProperty("kind").GetString() == "native");
        ulong[] pointers = [.. hung.GetProperty("frames").EnumerateArray().Select(static frame => Address(frame, "stackPointer"))];
        Assert.Equal(pointers.Order(), pointers);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task So_is_a_hung_worker_process()
    {
        JsonElement stacks = await Tool.JsonAsync("stacks", host.Worker.ToString(CultureInfo.InvariantCulture), "--json");

        AssertHangs(Assert.Single(stacks.GetProperty("threads").EnumerateArray(), static thread => Names(thread).Any(IsHang)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task One_thread_can_be_chosen_and_text_is_plain()
    {
        CommandRun run = await Tool.RunAsync("stacks", host.IdText, "--thread", host.IdText);

        run.AssertSucceeded();
        Assert.DoesNotContain('\e', run.Output);
        Assert.Single(run.Output.Split('\n'), static line => line.StartsWith("Thread ", StringComparison.Ordinal));
        Assert.Contains("paused for", run.Output, StringComparison.Ordinal);
        Assert.True(run.Output.Contains("Program.<Main>", StringComparison.Ordinal), run.Output);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Samples_are_merged_to_a_tree()
    {
        JsonElement tree = await Tool.JsonAsync("stacks", host.IdText, "--watch", "--samples", "3", "--interval", "20ms", "--json");

        Assert.Equal(3, tree.GetProperty("samples").GetInt32());
        JsonElement hang = Assert.Single(Nodes(tree.GetProperty("tree")), static node => IsHang(node.GetProperty("name").GetString()!));
        Assert.True(hang.GetProperty("samples").GetInt32() == 3, $"{tree}"); // what its thread did in the others
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_process_goes_on_untraced()
    {
        await Tool.JsonAsync("stacks", host.IdText, "--watch", "--samples", "3", "--interval", "20ms", "--json");

        string status = await File.ReadAllTextAsync($"/proc/{host.Id}/status", TestContext.Current.CancellationToken);
        Assert.Contains("TracerPid:\t0", status, StringComparison.Ordinal);
        Assert.All(Directory.GetDirectories($"/proc/{host.Id}/task"), static thread => Assert.DoesNotContain("State:\tt", StatusOf(thread), StringComparison.Ordinal));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_process_that_ends_meanwhile_is_told()
    {
        await using var other = new HostFixture("hang");
        await other.InitializeAsync();
        using var tool = StartedTool.Start("stacks", other.IdText, "--watch", "--samples", "100000", "--interval", "20ms");
        await Eventually.Async(() => IsTraced(other.Id) || tool.HasEnded);

        other.Kill();

        CommandRun run = await tool.EndAsync();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"process {other.IdText}", run.Errors, StringComparison.Ordinal);
        Assert.Contains("exited", run.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true, 130, "tandem stacks: cancelled.")]
    [InlineData(false, 1, "has exited meanwhile")]
    public async Task Samples_that_were_taken_are_shown_however_it_ends(bool isInterrupted, int code, string said)
    {
        await using var other = new HostFixture("hang");
        await other.InitializeAsync();
        using var tool = StartedTool.Start("stacks", other.IdText, "--watch", "--samples", "100000", "--interval", "20ms");
        // It stops the process to see whether it may, then for the first sample; when it does so again, there is one.
        for (int stops = 0; stops < 3; stops++)
        {
            await Eventually.Async(() => IsTraced(other.Id) || tool.HasEnded);
            await Eventually.Async(() => !IsTraced(other.Id));
        }

        if (isInterrupted)
            await tool.InterruptAsync();
        else
            other.Kill();

        CommandRun run = await tool.EndAsync();
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(said, run.Errors, StringComparison.Ordinal);
        Assert.Contains("ALL RUNNING", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_has_no_stacks_is_told_with_its_reason()
    {
        Assert.Contains("there is no process 99999999", await Tool.FailAsync(1, "stacks", "99999999"), StringComparison.Ordinal);
        Assert.Contains("has no thread 1", await Tool.FailAsync(1, "stacks", host.IdText, "--thread", "1"), StringComparison.Ordinal);
        Assert.NotEmpty(await Tool.FailAsync(2, "stacks"));
        Assert.NotEmpty(await Tool.FailAsync(2, "stacks", host.IdText, "--samples", "0"));
        using Process other = Process.Start("sleep", "600");
        try
        {
            string message = await Tool.FailAsync(1, "stacks", other.Id.ToString(CultureInfo.InvariantCulture));
            Assert.Contains("is not a .NET process", message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Missing_rights_are_told_with_what_to_do()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can become somebody who has fewer rights.");
        foreach (string command in (string[])["stacks", "top"])
        {
            CommandRun run = await Shell.RunAsync(
                AppContext.BaseDirectory, new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() },
                "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", Tool.Path, command, host.IdText);

            Assert.SkipWhen(run.ExitCode is 126 or 127, $"Others cannot run the tool here: {run.Errors}");
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("belongs to another user", run.Errors, StringComparison.Ordinal);
            Assert.Contains("as root", run.Errors, StringComparison.Ordinal);
        }
    }

    private static void AssertHangs(JsonElement thread)
    {
        JsonElement frame = Assert.Single(thread.GetProperty("frames").EnumerateArray(), static frame => IsHang(frame.GetProperty("name").GetString()!));
        Assert.Equal("managed", frame.GetProperty("kind").GetString());
        Assert.Contains("Traffic.cs:line ", frame.GetProperty("source").GetString(), StringComparison.Ordinal);
    }

    private static bool IsTraced(int id) => !StatusOf($"/proc/{id}").Contains("TracerPid:\t0", StringComparison.Ordinal);

    /// <summary>Nothing for a process or a thread that has ended.</summary>
    private static string StatusOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "status"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool IsHang(string name) => name.StartsWith("Tandem.TestHost.Traffic.Hang", StringComparison.Ordinal) && !name.Contains("Async", StringComparison.Ordinal);

    private static IEnumerable<string> Names(JsonElement thread) => thread.GetProperty("frames").EnumerateArray().Select(static frame => frame.GetProperty("name").GetString()!);

    private static IEnumerable<JsonElement> Nodes(JsonElement nodes) =>
        nodes.EnumerateArray().SelectMany(static node => Nodes(node.GetProperty("children")).Prepend(node));

    private static ulong Address(JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString()!["0x".Length..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
