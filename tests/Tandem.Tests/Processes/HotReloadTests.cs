using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>Code that hot reload changed in a program: workers have the old one, so it is not run there.</summary>
public sealed class HotReloadTests
{
    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory", "own", "Tandem.TestHost")]
    [InlineData("portable", "own", "Tandem.TestHost")]
    [InlineData("shared-memory", "library", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("shared-memory", "unknown", "Tandem.TestHost")]
    public async Task Changed_code_is_not_sent_to_processes(string kind, string change, string assembly)
    {
        using HostProgram program = HostProgram.Start("reload", kind, change);

        Assert.Equal("before: 1", await program.ReadLineAsync());
        foreach (string call in (string[])["the same", "another", "a map"])
        {
            string said = await program.ReadLineAsync();
            Assert.StartsWith($"{call}: refused: hot reload has changed code of '{assembly}'", said, StringComparison.Ordinal);
            Assert.Contains("Restart", said, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("threads", "own")] // which run the new code
    [InlineData("shared-memory", "nothing")]
    [InlineData("shared-memory", "framework")]
    [InlineData("portable", "framework")]
    public async Task What_does_not_depend_on_the_change_goes_on(string kind, string change)
    {
        using HostProgram program = HostProgram.Start("reload", kind, change);

        foreach (string call in (string[])["before: 1", "the same: 1", "another: 2", "a map: 3"])
            Assert.Equal(call, await program.ReadLineAsync());
    }
}
