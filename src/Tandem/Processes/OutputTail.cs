using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>The last lines that a worker wrote to standard error.</summary>
internal sealed class OutputTail
{
    private const int Lines = 200;
    private const int Characters = 16 * 1024;

    private readonly Queue<(long Time, string Line)> _lines = new();
    private int _characters;

    internal void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue((Stopwatch.GetTimestamp(), line));
            _characters += line.Length;
            while (_lines.Count > 1 && (_lines.Count > Lines || _characters > Characters))
                _characters -= _lines.Dequeue().Line.Length;
        }
    }

    /// <summary>The lines that have come since a time in stopwatch ticks.</summary>
    internal string Since(long time)
    {
        lock (_lines)
            return string.Join('\n', _lines.Where(entry => entry.Time >= time).Select(static entry => entry.Line));
    }

    public override string ToString() => Since(long.MinValue);
}
