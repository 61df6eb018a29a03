using System.Text;

namespace Tandem.Serialization;

/// <summary>The framework's encodings: by code page, with their byte order mark and their fallbacks.</summary>
internal sealed class EncodingShape() : LateShape(typeof(Encoding))
{
    // The encodings of which each process has one object.
    private static readonly Func<Encoding>[] WellKnown =
    [
        static () => Encoding.UTF8, static () => Encoding.Unicode, static () => Encoding.BigEndianUnicode, static () => Encoding.UTF32,
        static () => Encoding.ASCII, static () => Encoding.Latin1, static () => Encoding.Default,
    ];

    internal override void Write(PayloadWriter writer, object value)
    {
        var encoding = (Encoding)value;
        int known = Array.FindIndex(WellKnown, get => ReferenceEquals(get(), encoding));
        writer.Write(known);
        if (known >= 0)
            return;

        bool mark = encoding.Preamble.Length > 0;
        bool isOfProvider = encoding.GetType().Assembly.GetName().Name == "System.Text.Encoding.CodePages";
        writer.Write(encoding.CodePage);
        writer.Write(mark);
        writer.Write(isOfProvider);
        bool throws = encoding.EncoderFallback is EncoderExceptionFallback && encoding.DecoderFallback is DecoderExceptionFallback;
        writer.Write(throws);
        writer.Write(encoding.IsReadOnly);

        // The fallbacks of a code page's own encoding refer back to it, so they are serialized only if they were changed.
        Encoding fresh;
        try
        {
            fresh = Make(encoding.CodePage, mark, throws, isOfProvider);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw new WorkSerializationException(
                $"the encoding {encoding.WebName} ({encoding.CodePage}) comes from user code; make it in the work");
        }

        Write(writer, encoding.EncoderFallback, fresh.EncoderFallback, ".EncoderFallback");
        Write(writer, encoding.DecoderFallback, fresh.DecoderFallback, ".DecoderFallback");
    }

    protected override object Build(PayloadReader reader)
    {
        int known = reader.ReadInt32();
        if (known >= 0)
            return known < WellKnown.Length ? WellKnown[known]() : throw new PayloadCorruptException($"encoding {known}");

        int codePage = reader.ReadInt32();
        bool mark = reader.Read<byte>() != 0;
        bool isOfProvider = reader.Read<byte>() != 0;
        bool throws = reader.Read<byte>() != 0;
        bool isReadOnly = reader.Read<byte>() != 0;
        var encoderFallback = Codec<EncoderFallback?>.Instance.Read(reader);
        var decoderFallback = Codec<DecoderFallback?>.Instance.Read(reader);
        Encoding encoding;
        try
        {
            encoding = Make(codePage, mark, throws, isOfProvider);
        }
        catch (NotSupportedException e)
        {
            throw new RebuildException(
                $"this process has no encoding for code page {codePage}: "
                + "register its provider in the work first (Encoding.RegisterProvider)",
                e);
        }

        if (isReadOnly && encoderFallback is null && decoderFallback is null)
            return encoding;

        if (encoding.IsReadOnly)
            encoding = (Encoding)encoding.Clone();

        if (encoderFallback is not null)
            encoding.EncoderFallback = encoderFallback;

        if (decoderFallback is not null)
            encoding.DecoderFallback = decoderFallback;

        return encoding;
    }

    private static Encoding Make(int codePage, bool mark, bool throws, bool isOfProvider) => codePage switch
    {
        65001 => new UTF8Encoding(mark, throws),
        1200 or 1201 => new UnicodeEncoding(codePage == 1201, mark, throws),
        12000 or 12001 => new UTF32Encoding(codePage == 12001, mark, throws),

        20127 => new ASCIIEncoding(),

        // The encodings of the framework's provider can be used whether the provider was registered or not.
        _ when isOfProvider => CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? throw new NotSupportedException(),
        _ => Encoding.GetEncoding(codePage),
    };

    private static void Write<TFallback>(PayloadWriter writer, TFallback used, TFallback usual, string segment)
        where TFallback : class
    {
        bool isUsual = used.Equals(usual) || (used.GetType() == usual.GetType()
            && used.GetType().Name.Contains("BestFit", StringComparison.Ordinal));
        try
        {
            Codec<TFallback?>.Instance.Write(writer, isUsual ? null : used);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, segment))
        {
            throw;
        }
    }
}
