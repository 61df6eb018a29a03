using Tandem.Processes;

namespace Tandem.Tests.Policies;

/// <summary>The last lines of a worker's standard error. In time that the test makes.</summary>
public sealed class OutputTailTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Only_the_last_lines_are_kept()
    {
        var tail = new OutputTail(_time);
        for (int i = 0; i < 1000; i++)
            tail.Add($"{i}");

        Assert.Equal(string.Join('\n', Enumerable.Range(800, 200)), tail.ToString());
    }

    [Fact]
    public void Long_lines_push_out_others_and_one_is_kept_whatever_its_length()
    {
        var tail = new OutputTail(_time);
        tail.Add("short");
        string line = new('x', 100_000);
        tail.Add(line);

        Assert.Equal(line, tail.ToString());
    }

    [Fact]
    public void Lines_can_be_had_from_a_time_on()
    {
        var tail = new OutputTail(_time);
        tail.Add("before");
        _time.Advance(TimeSpan.FromSeconds(1));
        long start = _time.GetTimestamp();
        tail.Add("within");
        _time.Advance(TimeSpan.FromSeconds(1));
        tail.Add("after");

        Assert.Equal("within\nafter", tail.Since(start));
    }
}
