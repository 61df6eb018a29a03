namespace Tandem.Smoke;

/// <summary>A door between processes: a file that is there or not. It travels with the work that captures it.</summary>
internal sealed record Gate(string Path)
{
    private const int Interval = 5; // milliseconds

    internal bool IsOpen => File.Exists(Path);

    internal void Open() => File.WriteAllText(Path, "");

    /// <summary>Blocks until the gate is open. What hangs here is reported by the scenario's deadline.</summary>
    internal void Pass(CancellationToken cancellation = default)
    {
        while (!IsOpen)
        {
            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(Interval);
        }
    }
}
