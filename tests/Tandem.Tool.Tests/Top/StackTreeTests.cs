using System.Runtime.Versioning;
using Tandem.Diagnostics;
using Tandem.Tool.Stacks;

namespace Tandem.Tool.Tests.Top;

/// <summary>Merged samples as lines.</summary>
[SupportedOSPlatform("linux")]
public sealed class StackTreeTests
{
    [Fact]
    public void Who_is_called_is_told_from_who_is_called_beside_it()
    {
        var tree = new StackTree(processId: 1);
        tree.Add(Sample(["Main", "Run", "Index", "Read"], ["Main", "Run", "Wait"]));

        // One that is called alone stands below its caller, with a mark; several are set in.
        Assert.Equal(
            [
                "Main",
                "> Run",
                "    Index",
                "    > Read",
                "    Wait",
            ],
            tree.Lines().Skip(2).Select(static line => line["  100%    100%  ".Length..]));
        Assert.Contains("> is called by the line above", tree.Lines().ElementAt(1), StringComparison.Ordinal);
    }

    private static StackSample Sample(params string[][] stacks) => new(
        1, TimeSpan.Zero,
        [
            .. stacks.Select(static (names, index) => new ThreadStack(
                index + 1, index + 1, "worker", 'R', "", 0, 0, [.. names.Reverse().Select(static name => new StackFrame(StackFrameKind.Managed, 0, 0, $"{name}()", ""))], "")),
        ]);
}
