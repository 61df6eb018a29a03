namespace Tandem.Compare.Measuring;

/// <summary>When and where an item ran. It is in shared memory, so it survives the process that wrote it.</summary>
internal struct ItemMark
{
    internal const long Failed = -1;

    /// <summary>When the item started; 0 before.</summary>
    internal long Start;

    /// <summary>
    /// When the item ended; 0 before, and <see cref="Failed"/> if it failed, because the time of a failed item cannot be compared.
    /// </summary>
    internal long End;

    internal int ProcessId;
    internal int Slot;

    internal readonly bool IsRunning => Start != 0 && End == 0;
}
