namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>Where the output of a `tandem serve` goes, if not to pipes that are read all the time.</summary>
internal interface IServeOutput
{
    /// <summary>A shell's script that puts its arguments, beginning with $0, in its own place, with this output.</summary>
    string Script { get; }

    /// <summary>Begins to read.</summary>
    /// <param name="onLine">Called for each line.</param>
    void Begin(Action<string?> onLine);
}
