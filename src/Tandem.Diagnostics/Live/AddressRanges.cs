namespace Tandem.Diagnostics;

/// <summary>Finds the one of many ranges of addresses that an address lies in.</summary>
internal static class AddressRanges
{
    /// <summary>The index of the range; negative for none.</summary>
    /// <param name="count">How many ranges there are.</param>
    /// <param name="rangeAt">The range at an index: they are in order, and no two overlap.</param>
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
