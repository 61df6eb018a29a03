namespace Tandem.Transport.Mapped;

/// <summary>Which parts of a region the system has provided memory for. Not thread-safe.</summary>
internal sealed class CommittedRange
{
    /// <summary>The size of a part. The blocks of payload areas begin and end at multiples of it.</summary>
    internal const int Granule = 16 * 1024;

    private ulong[] _bits = []; // one for each part; grows

    /// <summary>Whether all parts of a range are committed. The range begins and ends at multiples of <see cref="Granule"/>.</summary>
    internal bool Contains(nint offset, nint length)
    {
        for (nint part = offset / Granule; part < (offset + length) / Granule; part++)
        {
            if (part / 64 >= _bits.Length || (_bits[part / 64] & Bit(part)) == 0)
                return false;
        }

        return true;
    }

    internal void Add(nint offset, nint length)
    {
        nint end = (offset + length) / Granule;
        if ((end + 63) / 64 > _bits.Length)
            Array.Resize(ref _bits, (int)Math.Max((end + 63) / 64, _bits.Length * 2L));
        for (nint part = offset / Granule; part < end; part++)
            _bits[part / 64] |= Bit(part);
    }

    internal void Remove(nint offset, nint length)
    {
        for (nint part = offset / Granule; part < (offset + length) / Granule && part / 64 < _bits.Length; part++)
            _bits[part / 64] &= ~Bit(part);
    }

    private static ulong Bit(nint part) => 1UL << (int)(part % 64);
}
