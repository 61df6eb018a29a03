using Tandem.Serve.Apps;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>The environment of the workers is of a file that is read at the start and at each reload.</summary>
public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("NAME=value", "value")]
    [InlineData("  export NAME = value with blanks  ", "value with blanks")]
    [InlineData("NAME=", "")]
    [InlineData("NAME=a=b#c", "a=b#c")]
    [InlineData("NAME='single \\n \" '", "single \\n \" ")]
    [InlineData("NAME=\"double \\\" \\\\ \\n\"", "double \" \\ \n")]
    [InlineData("NAME=first\n# NAME=comment\n\nNAME=last", "last")]
    public void Lines_are_read_as_service_managers_read_them(string text, string value) =>
        Assert.Equal(value, EnvironmentFile.Parse(text.Split('\n'), "file")["NAME"]);

    [Theory]
    [InlineData("NAME")]
    [InlineData("=value")]
    [InlineData("TWO NAMES=value")]
    [InlineData("NAME='open")]
    [InlineData("NAME=\"closed\" and more")]
    [InlineData("TANDEM_WORKER_NUMBER=1")]
    public void A_line_that_is_none_is_an_error_with_its_number(string line) =>
        Assert.StartsWith("Line 3 of", Assert.Throws<ServeException>(() => EnvironmentFile.Parse(["", "A=b", line], "file")).Message, StringComparison.Ordinal);

    [Fact(Timeout = Limits.Test)]
    public async Task A_reload_gives_the_workers_what_is_in_the_file_then_and_one_that_crashes_before_has_what_was()
    {
        using var folder = new TemporaryFolder();
        string file = folder["variables"];
        File.WriteAllText(file, "GREETING=one\nONLY_FIRST=here\n");
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--env-file", file, Paths.App);
        Assert.Equal("one", await serve.GetAsync("/environment?name=GREETING"));

        File.WriteAllText(file, "GREETING=two\n");
        using (await serve.SendAsync("/crash?how=failfast"))
            await serve.StatusAsync(static status => status.Workers is [{ State: "accepting", Restarts: 1 }]);
        Assert.Equal("one", await serve.GetAsync("/environment?name=GREETING"));

        await serve.AskAsync("reload");
        await serve.AcceptingAsync(); // those before have ended
        Assert.Equal("two", await serve.GetAsync("/environment?name=GREETING"));
        Assert.Equal("", await serve.GetAsync("/environment?name=ONLY_FIRST"));

        File.WriteAllText(file, "nonsense\n");
        var refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("reload"));
        Assert.Contains("Line 1 of the environment file", refused.Message, StringComparison.Ordinal);
        Assert.Equal("two", await serve.GetAsync("/environment?name=GREETING"));
    }
}
