namespace Tandem.Sharing;

/// <summary>A slot in the table of processes that have the channel open.</summary>
internal struct ChannelOwner
{
    /// <summary>
    /// 0 when the slot is free, otherwise the thread id of the process's registry; FUTEX_OWNER_DIED is set when that process is dead.
    /// </summary>
    internal int Presence;

    /// <summary>Valid while <see cref="Presence"/> is not 0.</summary>
    internal int ProcessId;
}
