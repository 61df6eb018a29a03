namespace Tandem.Diagnostics;

/// <summary>Finds the address range that contains an address.</summary>
internal static class AddressRanges
{
    /// <summary>Returns the index of the range; negative if there is none.</summary>
    /// <param name="count">How many ranges there are.</param>
    /// <param name="rangeAt">Returns the range at an index. The ranges are ordered and do not overlap.</param>
    /// <param name="address">The address.</param>
    internal static int IndexOf(int count, Func<int, (ulong Start, ulong Size)> rangeAt, ulong address)
    {
        int low = 0;
        int high = count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            (ulong start, ulong size) = rangeAt(middle);
            if (address < start)
                high = middle - 1;
            else if (address - start >= size)
                low = middle + 1;
            else
                return middle;
        }

        return -1;
    }
}
