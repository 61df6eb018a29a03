namespace Tandem.Sharing;

/// <summary>
/// The state of a cell in one 64-bit value: the position (53 bits, enough for decades), the phase, and the owner that claimed it.
/// </summary>
internal readonly record struct CellState(long Value)
{
    private const int PositionShift = 11;
    private const int PhaseShift = 8;

    internal CellState(long position, CellPhase phase, int owner = 0)
        : this((position << PositionShift) | ((long)phase << PhaseShift) | (long)(uint)owner)
    {
    }

    internal long Position => (long)((ulong)Value >> PositionShift);

    internal CellPhase Phase => (CellPhase)((Value >> PhaseShift) & 7);

    /// <summary>The index in the table of owners; only meaningful while the cell is claimed.</summary>
    internal int Owner => (int)(Value & 0xFF);
}
