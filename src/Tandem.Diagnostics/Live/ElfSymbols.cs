using System.Buffers.Binary;
using System.Text;

namespace Tandem.Diagnostics;

/// <summary>Finds the functions of a native library in its symbol tables.</summary>
internal sealed class ElfSymbols
{
    private const int SymbolTable = 2;
    private const int DynamicSymbols = 11;
    private const int Loaded = 1;
    private const int LargestTable = 256 << 20;

    private readonly List<(ulong Offset, ulong Size, ulong Address)> _segments = []; // the loaded parts of the file
    private (ulong Address, ulong Size, string Name)[] _functions = []; // by address

    private ElfSymbols()
    {
    }

    /// <summary>Reads a file's symbols; there are none if the file is not a library, or has no symbols.</summary>
    internal static ElfSymbols Of(string file)
    {
        var symbols = new ElfSymbols();
        try
        {
            using var handle = File.OpenHandle(file);
            symbols.Read(handle);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or OverflowException)
        {
            symbols._functions = [];
        }

        return symbols;
    }

    /// <summary>The function at an offset of the file; null if it is unknown.</summary>
    internal string? NameAt(ulong fileOffset)
    {
        foreach ((ulong offset, ulong size, ulong address) in _segments)
        {
            if (fileOffset >= offset && fileOffset - offset < size)
                return Find(fileOffset - offset + address);
        }

        return null;
    }

    private string? Find(ulong address)
    {
        int index = AddressRanges.IndexOf(_functions.Length, at => (_functions[at].Address, _functions[at].Size), address);
        return index < 0 ? null : _functions[index].Name;
    }

    private void Read(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        byte[] header = ReadAt(file, 0, 64);
        bool isElf64 = header.AsSpan(0, 6).SequenceEqual((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1]);
        if (!isElf64)
            return;

        ReadSegments(ReadAt(file, Long(header, 32), Short(header, 54) * Short(header, 56)), Short(header, 54));
        int size = Short(header, 58);
        byte[] sections = ReadAt(file, Long(header, 40), size * Short(header, 60));
        var functions = new SortedDictionary<ulong, (ulong Size, string Name)>();
        for (int at = 0; size >= 64 && at + size <= sections.Length; at += size)
        {
            if (Int(sections, at + 4) is not (SymbolTable or DynamicSymbols))
                continue;

            int names = checked((int)Int(sections, at + 40) * size);
            if (names + size <= sections.Length)
                ReadSymbols(Table(file, sections, at), Table(file, sections, names), functions);
        }

        _functions = [.. functions.Select(static one => (one.Key, one.Value.Size, one.Value.Name))];
    }

    private void ReadSegments(byte[] headers, int size)
    {
        for (int at = 0; size >= 56 && at + size <= headers.Length; at += size)
        {
            if (Int(headers, at) == Loaded)
                _segments.Add((Long(headers, at + 8), Long(headers, at + 32), Long(headers, at + 16)));
        }
    }

    private static void ReadSymbols(byte[] symbols, byte[] names, SortedDictionary<ulong, (ulong Size, string Name)> functions)
    {
        const int Size = 24;
        for (int at = 0; at + Size <= symbols.Length; at += Size)
        {
            bool isFunction = (symbols[at + 4] & 15) is 2 or 10; // an ordinary function, or one that is selected at load time (ifunc)
            ulong size = Long(symbols, at + 16);
            uint name = Int(symbols, at);
            if (!isFunction || size == 0 || name >= names.Length)
                continue;

            int length = names.AsSpan((int)name).IndexOf((byte)0);
            functions.TryAdd(Long(symbols, at + 8), (size, Encoding.UTF8.GetString(names, (int)name, Math.Max(0, length))));
        }
    }

    private static byte[] Table(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] sections, int at) =>
        ReadAt(file, Long(sections, at + 24), checked((int)Long(sections, at + 32)));

    private static byte[] ReadAt(Microsoft.Win32.SafeHandles.SafeFileHandle file, ulong offset, int length)
    {
        if (length is < 0 or > LargestTable)
            throw new InvalidDataException("the symbol table is too large");

        byte[] bytes = new byte[length];
        int read = RandomAccess.Read(file, bytes, checked((long)offset));
        return read == length ? bytes : throw new InvalidDataException("the file is too short");
    }

    private static int Short(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint Int(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong Long(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
