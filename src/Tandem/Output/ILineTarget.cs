namespace Tandem.Output;

/// <summary>The target of a <see cref="LineWriter{TLine}"/>. Calls do not overlap; they may block and may throw.</summary>
internal interface ILineTarget<in TLine>
{
    /// <summary>Writes a line; false if the line is lost.</summary>
    bool TryWrite(TLine line);

    /// <summary>Writes that lines are missing at this point; false if that is lost too.</summary>
    /// <param name="dropped">The number of missing lines.</param>
    bool TryReport(long dropped);
}
