namespace Tandem.Tests.Infrastructure;

/// <summary>A door between processes: a file that is there or not. It travels with the work that captures it.</summary>
public sealed record Gate(string Path)
{
    public bool IsOpen => File.Exists(Path);

    public void Open() => File.WriteAllText(Path, "");

    /// <summary>Blocks, in a worker, until the gate is open.</summary>
    public void Pass() => Eventually.Blocking(() => IsOpen);

    /// <summary>The same, but gives way to a token.</summary>
    public void Pass(CancellationToken cancellation) => Eventually.Blocking(() =>
    {
        cancellation.ThrowIfCancellationRequested();
        return IsOpen;
    });

    public Task OpenedAsync() => Eventually.Async(() => IsOpen, otherwise: () => $"{System.IO.Path.GetFileName(Path)} was not opened.");
}

/// <summary>Traces that work leaves, from any process: one file for each, so that nobody waits for anybody.</summary>
public sealed record Trail(string Folder)
{
    public int Count => Directory.GetFiles(Folder).Length;

    public string[] Names => [.. Directory.GetFiles(Folder).Select(System.IO.Path.GetFileName).Order()!];

    public void Add(object name) => File.WriteAllText(System.IO.Path.Combine(Folder, $"{name}"), "");

    public Task ReachedAsync(int count) => Eventually.Async(() => Count >= count, otherwise: () => $"{Count} traces instead of {count}.");
}

/// <summary>A folder of one test.</summary>
internal sealed class Scratch : IDisposable
{
    private int _last;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("tandem-test-").FullName;

    internal Gate Gate(string name = "gate") => new(Path.Combine(Folder, $"{name}-{++_last}"));

    internal Trail Trail(string name = "trail") => new(Directory.CreateDirectory(Path.Combine(Folder, $"{name}-{++_last}")).FullName);

    internal string File(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
