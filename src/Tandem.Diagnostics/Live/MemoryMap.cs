using System.Globalization;

namespace Tandem.Diagnostics;

/// <summary>The memory map of a process.</summary>
internal sealed class MemoryMap
{
    private readonly MemoryRegion[] _regions; // by address

    private MemoryMap(MemoryRegion[] regions) => _regions = regions;

    internal static MemoryMap Of(int processId)
    {
        var regions = new List<MemoryRegion>();
        foreach (string line in File.ReadLines($"/proc/{processId}/maps"))
        {
            // start-end rwxp offset device inode   path
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            string[] range = fields[0].Split('-');
            string file = fields.Length > 5 ? fields[5].Trim() : "";
            regions.Add(new MemoryRegion(Hex(range[0]), Hex(range[1]), fields[1][2] == 'x', Hex(fields[2]), file));
        }

        return new MemoryMap([.. regions]);
    }

    /// <summary>The region that contains an address; null if there is none.</summary>
    internal MemoryRegion? Find(ulong address)
    {
        int index = AddressRanges.IndexOf(_regions.Length, at => (_regions[at].Start, _regions[at].End - _regions[at].Start), address);
        return index < 0 ? null : _regions[index];
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
