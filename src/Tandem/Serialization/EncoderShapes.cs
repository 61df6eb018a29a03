using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Tandem.Serialization;

/// <summary>
/// The framework's encoders for JSON, HTML and URLs: well-known instances, or new ones defined by the characters that they do not encode.
/// Separate from the other shapes, so that their assembly is loaded only if they are used.
/// </summary>
internal static class EncoderShapes
{
    /// <summary>An encoder that was created from settings encodes all characters from this one on.</summary>
    private const int Characters = 0x10000;

    // Querying every character is slow, so the result is cached.
    private static readonly ConditionalWeakTable<TextEncoder, int[]> Known = [];

    internal static Shape JavaScript() => Make<JavaScriptEncoder>(JavaScriptEncoder.Create);

    internal static Shape Html() => Make<HtmlEncoder>(HtmlEncoder.Create);

    internal static Shape Url() => Make<UrlEncoder>(UrlEncoder.Create);

    private static Shape Make<T>(Func<TextEncoderSettings, T> create)
        where T : TextEncoder =>
        FrameworkInstanceShape.Wrap(
            new ValueShape<T>(
                (writer, encoder) => Items.Write<int>(writer, Known.GetValue(encoder, e => RangesOf(e, create))),
                reader => create(Settings(Items.Read<int>(reader)))),
            typeof(T));

    /// <summary>Returns the first and the last character of each range that an encoder does not encode.</summary>
    private static int[] RangesOf(TextEncoder encoder, Func<TextEncoderSettings, TextEncoder> create)
    {
        var ranges = new List<int>();
        for (int i = 0; i < Characters; i++)
        {
            if (IsEncoded(encoder, i))
                continue;

            if (ranges.Count > 0 && ranges[^1] == i - 1)
                ranges[^1] = i;
            else
                ranges.AddRange([i, i]);
        }

        int[] found = [.. ranges];
        TextEncoder made = create(Settings(found));
        for (int i = 0; i <= Characters; i++)
        {
            if (made.GetType() != encoder.GetType() || IsEncoded(made, i) != IsEncoded(encoder, i))
            {
                throw new WorkSerializationException(
                    $"this {TypeChecks.Display(encoder.GetType())} cannot be recreated from the characters that it allows; "
                    + "make it in the work, or in a static field");
            }
        }

        return found;
    }

    private static TextEncoderSettings Settings(int[] ranges)
    {
        var settings = new TextEncoderSettings();
        for (int i = 0; i + 1 < ranges.Length; i += 2)
        {
            int first = ranges[i];
            settings.AllowRange(new UnicodeRange(first, ranges[i + 1] - first + 1));
        }

        return settings;
    }

    // A surrogate is not a character by itself.
    private static bool IsEncoded(TextEncoder encoder, int character) =>
        character is >= 0xD800 and <= 0xDFFF || encoder.WillEncode(character);
}
