namespace Pipeline;

/// <summary>
/// The work, cut into pieces before anything starts: which files, and which part of each. Whoever is restarted finds the same pieces
/// under the same numbers.
/// </summary>
internal sealed record Plan(string[] Files, int[] FileOf, long[] StartOf)
{
    /// <summary>Bytes of a file that are one piece.</summary>
    private const int PieceSize = 16 * 1024;

    private static readonly string[] Patterns = ["*.txt", "*.xml", "*.md"];

    internal int Count => FileOf.Length;

    /// <summary>Cuts the text and XML files below a folder.</summary>
    internal static Plan Of(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        string[] files = [.. Patterns.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern, options)).Order(StringComparer.Ordinal)];
        List<int> fileOf = [];
        List<long> startOf = [];
        for (int file = 0; file < files.Length; file++)
        {
            long length = new FileInfo(files[file]).Length;
            for (long start = 0; start < length; start += PieceSize)
            {
                fileOf.Add(file);
                startOf.Add(start);
            }
        }

        return new Plan(files, [.. fileOf], [.. startOf]);
    }

    /// <summary>Reads the words that begin in a piece, to the end of the last one.</summary>
    internal byte[] Read(int piece)
    {
        using FileStream file = File.OpenRead(Files[FileOf[piece]]);
        long start = StartOf[piece];
        // From the byte before, which says whether a word begins here or goes on.
        file.Position = Math.Max(0, start - 1);
        byte[] text = new byte[PieceSize + 1];
        int length = file.ReadAtLeast(text, start == 0 ? PieceSize : PieceSize + 1, throwOnEndOfStream: false);
        int from = start == 0 ? 0 : 1;
        int to = Math.Min(length, from + PieceSize);
        if (from == 1)
        {
            // A word that began before belongs to the piece before.
            for (bool goesOn = Words.IsPart(text[0]); goesOn && from < to && Words.IsPart(text[from]);)
                from++;
        }

        if (from == to)
            return [];

        List<byte> words = [.. text.AsSpan(from, to - from)];
        if (Words.IsPart(words[^1]))
        {
            file.Position = start + PieceSize;
            for (int next = file.ReadByte(); next >= 0 && Words.IsPart((byte)next); next = file.ReadByte())
                words.Add((byte)next);
        }

        return [.. words];
    }
}
