using Tandem.Processes;

namespace Tandem.Tests.Policies;

/// <summary>What is read from a crashed worker's standard error.</summary>
public sealed class CrashStackTests
{
    private const string Thrown =
        "a line of the application\n" +
        "Unhandled exception. System.InvalidOperationException: No luck.\n" +
        "   at Some.Method()\n" +
        "   at Other.Method()\n" +
        "a line after it";

    [Fact]
    public void The_stack_is_what_the_runtime_printed_from_its_headline_to_the_last_frame() =>
        Assert.Equal(
            "Unhandled exception. System.InvalidOperationException: No luck.\n   at Some.Method()\n   at Other.Method()",
            CrashStack.Find(Thrown));

    [Fact]
    public void The_headline_is_the_exception_without_its_frames() =>
        Assert.Equal("Unhandled exception: System.InvalidOperationException: No luck.", CrashStack.Headline(Thrown));

    [Theory]
    [InlineData("Stack overflow.\n   at A.B()")]
    [InlineData("Process terminated.\nThe reason.\n   at A.B()")]
    [InlineData("Fatal error. Internal CLR error.\n   at A.B()")]
    [InlineData("Out of memory.\n   at A.B()")]
    public void Every_headline_of_the_runtime_is_known(string output) => Assert.Equal(output, CrashStack.Find("before\n" + output));

    [Theory]
    [InlineData("")]
    [InlineData("at the start of a sentence")]
    [InlineData("   at Some.Method()\nStack overflow.")]
    [InlineData("Stack overflow.")]
    public void Without_frames_beneath_a_headline_there_is_no_stack(string output) => Assert.Null(CrashStack.Find(output));

    [Fact]
    public void Of_two_crashes_the_last_one_counts() =>
        Assert.Equal("Stack overflow.\n   at C.D()", CrashStack.Find("Stack overflow.\n   at A.B()\nStack overflow.\n   at C.D()"));

    [Fact]
    public void A_long_headline_is_cut()
    {
        string output = "Unhandled exception. X\n" + string.Join('\n', Enumerable.Range(0, 100)) + "\n   at A.B()";

        Assert.Equal(10, CrashStack.Headline(output)!.Split('\n').Length);
    }

    [Theory]
    [InlineData("Out of memory.", true)]
    [InlineData("Unhandled exception. System.OutOfMemoryException: Exception of type", true)]
    [InlineData("Unhandled exception. System.InvalidOperationException", false)]
    public void Memory_is_named_as_the_cause_only_where_the_runtime_says_so(string output, bool expected) =>
        Assert.Equal(expected, CrashStack.SaysOutOfMemory(output));
}
