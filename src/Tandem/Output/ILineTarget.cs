namespace Tandem.Output;

/// <summary>What a <see cref="LineWriter{TLine}"/> writes to. Called by one thread at a time; it may block, and it may throw.</summary>
internal interface ILineTarget<in TLine>
{
    /// <summary>Writes a line; false where it is lost.</summary>
    bool TryWrite(TLine line);

    /// <summary>Writes that lines are missing here; false where that is lost, too.</summary>
    /// <param name="dropped">How many.</param>
    bool TryReport(long dropped);
}
