using System.Text;

namespace Pipeline;

/// <summary>What a word is: letters, digits and everything beyond ASCII, in lower case.</summary>
internal static class Words
{
    /// <summary>Counts the words of a text.</summary>
    internal static Dictionary<string, int> Count(ReadOnlySpan<byte> text)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int at = 0; at < text.Length;)
        {
            if (!IsPart(text[at]))
            {
                at++;
                continue;
            }

            int start = at;
            while (at < text.Length && IsPart(text[at]))
                at++;

            string word = Encoding.UTF8.GetString(text[start..at]).ToLowerInvariant();
            words[word] = words.GetValueOrDefault(word) + 1;
        }

        return words;
    }

    internal static bool IsPart(byte character) => char.IsAsciiLetterOrDigit((char)character) || character >= 0x80;
}
