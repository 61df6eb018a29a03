namespace Tandem.Processes;

/// <summary>The last lines that a worker wrote to standard error.</summary>
/// <param name="time">The clock of the lines' times.</param>
internal sealed class OutputTail(TimeProvider time)
{
    private const int Lines = 200;
    private const int Characters = 16 * 1024;

    private readonly Queue<(long Time, string Line)> _lines = new();
    private int _characters;

    internal void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue((time.GetTimestamp(), line));
            _characters += line.Length;
            while (_lines.Count > 1 && (_lines.Count > Lines || _characters > Characters))
                _characters -= _lines.Dequeue().Line.Length;
        }
    }

    /// <summary>The lines that were added at a timestamp of the clock or later.</summary>
    internal string Since(long start)
    {
        lock (_lines)
            return string.Join('\n', _lines.Where(entry => entry.Time >= start).Select(static entry => entry.Line));
    }

    public override string ToString() => Since(long.MinValue);
}
