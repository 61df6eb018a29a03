using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Serialization;

/// <summary>Objects that are rebuilt from a few values through their API.</summary>
internal sealed class ValueShape<T>(Action<PayloadWriter, T> write, Func<PayloadReader, T> read) : LateShape(typeof(T))
    where T : class
{
    internal override void Write(PayloadWriter writer, object value) => write(writer, (T)value);

    protected override object Build(PayloadReader reader) => read(reader);
}

/// <summary>
/// Framework types that cache what their process knows: one line each. Found by name (<see cref="FrameworkShapes"/>), and compiled
/// one by one.
/// </summary>
internal static class ValueShapes
{
    internal static Shape Uri() => new ValueShape<Uri>(
        static (writer, uri) =>
        {
            writer.WriteString(uri.OriginalString);
            writer.Write(uri.IsAbsoluteUri);
        },
        static reader => new Uri(reader.ReadString()!, reader.Read<byte>() == 0 ? UriKind.Relative : UriKind.Absolute));

    internal static Shape DBNull() => new ValueShape<DBNull>(static (_, _) => { }, static _ => System.DBNull.Value);

    /// <summary>As a lock guards the objects of one process only, a free one is the right one for the copies.</summary>
    internal static Shape Lock() => new ValueShape<Lock>(static (_, _) => { }, static _ => new Lock());

    internal static Shape ReferenceEqualityComparer() => new ValueShape<ReferenceEqualityComparer>(
        static (_, _) => { }, static _ => System.Collections.Generic.ReferenceEqualityComparer.Instance);

    internal static Shape StringBuilder() => new ValueShape<StringBuilder>(
        static (writer, text) => writer.WriteString(text.ToString()), static reader => new StringBuilder(reader.ReadString()));

    /// <summary>By name: formats that were changed on a culture object stay behind.</summary>
    internal static Shape CultureInfo() => new ValueShape<CultureInfo>(
        static (writer, culture) =>
        {
            writer.WriteString(culture.Name);
            writer.Write(culture.IsReadOnly);
        },
        static reader =>
        {
            string name = reader.ReadString()!;
            return reader.Read<byte>() == 0 ? new CultureInfo(name) : System.Globalization.CultureInfo.GetCultureInfo(name);
        });

    internal static Shape CompareInfo() => new ValueShape<CompareInfo>(
        static (writer, compare) => writer.WriteString(compare.Name),
        static reader => System.Globalization.CompareInfo.GetCompareInfo(reader.ReadString()!));

    internal static Shape TimeZoneInfo() => new ValueShape<TimeZoneInfo>(
        static (writer, zone) => writer.WriteString(zone.ToSerializedString()),
        static reader => System.TimeZoneInfo.FromSerializedString(reader.ReadString()!));

    internal static Shape FileInfo() => new ValueShape<FileInfo>(
        static (writer, file) => writer.WriteString(file.FullName), static reader => new FileInfo(reader.ReadString()!));

    internal static Shape DirectoryInfo() => new ValueShape<DirectoryInfo>(
        static (writer, directory) => writer.WriteString(directory.FullName), static reader => new DirectoryInfo(reader.ReadString()!));

    internal static Shape Regex() => new ValueShape<Regex>(
        static (writer, regex) =>
        {
            writer.WriteString(regex.ToString());
            writer.Write((int)regex.Options);
            writer.Write(regex.MatchTimeout.Ticks);
        },
        static reader =>
        {
            string pattern = reader.ReadString()!;
            var options = (RegexOptions)reader.ReadInt32();
            return new Regex(pattern, options, new TimeSpan(reader.Read<long>()));
        });

    internal static Shape IPAddress() => new ValueShape<IPAddress>(
        static (writer, address) =>
        {
            Items.Write<byte>(writer, address.GetAddressBytes());
            writer.Write(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? address.ScopeId : 0);
        },
        static reader =>
        {
            byte[] bytes = Items.Read<byte>(reader);
            long scope = reader.Read<long>();
            return bytes.Length == 4 ? new IPAddress(bytes) : new IPAddress(bytes, scope);
        });

    internal static Shape BitArray() => new ValueShape<BitArray>(
        static (writer, bits) =>
        {
            byte[] bytes = new byte[(bits.Length + 7) / 8];
            bits.CopyTo(bytes, 0);
            Items.Write<byte>(writer, bytes);
            writer.Write(bits.Length);
        },
        static reader =>
        {
            byte[] bytes = Items.Read<byte>(reader);
            int length = reader.ReadInt32();
            if (length < 0 || ((long)length + 7) / 8 != bytes.Length)
                throw new PayloadCorruptException($"{length} bits in {bytes.Length} bytes");

            return new BitArray(bytes) { Length = length };
        });
}

/// <summary>Types as values.</summary>
internal sealed class TypeShape() : Shape(typeof(Type), ShapeTraits.None)
{
    internal override void Write(PayloadWriter writer, object value) => TypeNames.Write(writer, (Type)value);

    internal override object? Read(PayloadReader reader) => TypeNames.Read(reader);
}

/// <summary>Encodings by code page, and for those of Unicode whether they write a mark and whether they throw.</summary>
internal sealed class EncodingShape() : LateShape(typeof(Encoding))
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var encoding = (Encoding)value;
        writer.Write(encoding.CodePage);
        writer.Write(encoding.Preamble.Length > 0);
        writer.Write(encoding.DecoderFallback is DecoderExceptionFallback);
    }

    protected override object Build(PayloadReader reader)
    {
        int codePage = reader.ReadInt32();
        bool mark = reader.Read<byte>() != 0;
        bool throws = reader.Read<byte>() != 0;
        return codePage switch
        {
            65001 when mark && !throws => Encoding.UTF8,
            65001 => new UTF8Encoding(mark, throws),
            1200 or 1201 => new UnicodeEncoding(codePage == 1201, mark, throws),
            12000 or 12001 => new UTF32Encoding(codePage == 12001, mark, throws),
            _ => Encoding.GetEncoding(codePage),
        };
    }
}
