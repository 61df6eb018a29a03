using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline;

/// <summary>How often each word occurs, and in which files.</summary>
internal sealed class WordIndex
{
    private readonly Dictionary<string, (long Count, HashSet<int> Files)> _words = new(StringComparer.Ordinal);

    internal int Count => _words.Count;

    internal void Add(int file, IEnumerable<KeyValuePair<string, int>> words)
    {
        foreach ((string word, int count) in words)
        {
            (long before, HashSet<int> files) = _words.GetValueOrDefault(word, (0, []));
            files.Add(file);
            _words[word] = (before + count, files);
        }
    }

    /// <summary>One line for each word: the word, how often it occurs, in how many files.</summary>
    internal void Write(string path)
    {
        using StreamWriter writer = new(path, append: false, Encoding.UTF8);
        foreach ((string word, (long count, HashSet<int> files)) in _words.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{word}\t{count}\t{files.Count}\n"));
    }

    /// <summary>The same for two files with the same index.</summary>
    internal static string DigestOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))[..16];
}
