using System.Globalization;
using Tandem.Compare;

namespace Tandem.Tool.Compare;

/// <summary>Shows progress on standard error: one line that changes on a terminal, a few lines anywhere else.</summary>
internal sealed class ProgressLine : IProgress<ComparisonProgress>, IDisposable
{
    private const string EraseLine = "\r\e[K";

    private readonly bool _live = !Console.IsErrorRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    private string _phase = "";

    public void Report(ComparisonProgress value)
    {
        string share = value.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100 * value.Done / value.Total,3}%  ") : "";
        if (_live)
        {
            Console.Error.Write($"{EraseLine}{share}{value.Step}{(value.IsNote ? "\n" : "")}");
            return;
        }

        // A round has many steps; only the phase is written.
        string phase = value.Total > 0 ? value.Step.Split(':')[0] : value.Step;
        if (phase == _phase)
            return;

        _phase = phase;
        Console.Error.WriteLine($"{share}{phase}");
    }

    internal void Clear()
    {
        if (_live)
            Console.Error.Write(EraseLine);
    }

    public void Dispose() => Clear();
}
