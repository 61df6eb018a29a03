using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Serialization;

/// <summary>
/// Framework types that cache data of their process. One method each, found by name (<see cref="FrameworkShapes"/>) and JIT-compiled one
/// by one.
/// </summary>
internal static class ValueShapes
{
    /// <summary>The unused capacity of a text that is kept, in characters.</summary>
    private const int MaximumSpare = 1 << 20;

    private static readonly FieldInfo? OriginalPath =
        typeof(FileSystemInfo).GetField("OriginalPath", BindingFlags.Instance | BindingFlags.NonPublic);

    internal static Shape Uri() => new ValueShape<Uri>(
        static (writer, uri) =>
        {
            writer.WriteString(uri.OriginalString);
            writer.Write(uri.IsAbsoluteUri);
            if (uri.UserEscaped || (uri.IsAbsoluteUri && new Uri(uri.OriginalString).AbsoluteUri != uri.AbsoluteUri))
            {
                throw new WorkSerializationException(
                    $"the Uri '{uri.OriginalString}' was created with special escaping rules; pass its text");
            }
        },
        static reader => new Uri(reader.ReadString()!, reader.Read<byte>() == 0 ? UriKind.Relative : UriKind.Absolute));

    internal static Shape DBNull() => new ValueShape<DBNull>(static (_, _) => { }, static _ => System.DBNull.Value);

    /// <summary>A lock guards the objects of one process only, so a new, free lock is correct for the copies.</summary>
    internal static Shape Lock() => new ValueShape<Lock>(static (_, _) => { }, static _ => new Lock());

    internal static Shape ReferenceEqualityComparer() => new ValueShape<ReferenceEqualityComparer>(
        static (_, _) => { }, static _ => System.Collections.Generic.ReferenceEqualityComparer.Instance);

    internal static Shape StringBuilder() => new ValueShape<StringBuilder>(
        static (writer, text) =>
        {
            writer.WriteString(text.ToString());
            writer.Write(text.MaxCapacity);
            writer.Write(text.Capacity);
        },
        static reader =>
        {
            string text = reader.ReadString()!;
            int most = reader.ReadInt32();
            int capacity = reader.ReadInt32();
            if (most != int.MaxValue)
                return new StringBuilder(Math.Min(16, most), most).Append(text);

            // The number comes from another process: it must not cause a large allocation.
            return new StringBuilder(text, capacity < 0 || capacity - text.Length > MaximumSpare ? text.Length : capacity);
        });

    internal static Shape CompareInfo() => new ValueShape<CompareInfo>(
        static (writer, compare) => writer.WriteString(compare.Name),
        static reader => System.Globalization.CompareInfo.GetCompareInfo(reader.ReadString()!));

    internal static Shape RegionInfo() => new ValueShape<RegionInfo>(
        static (writer, region) => writer.WriteString(region.Name), static reader => new RegionInfo(reader.ReadString()!));

    internal static Shape FileInfo() => new ValueShape<FileInfo>(
        static (writer, file) => WritePath(writer, file), static reader => ReadPath(reader, static path => new FileInfo(path)));

    internal static Shape DirectoryInfo() => new ValueShape<DirectoryInfo>(
        static (writer, directory) => WritePath(writer, directory),
        static reader => ReadPath(reader, static path => new DirectoryInfo(path)));

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

    // The full path, because the worker's current folder may differ, and the path in the user's notation.
    private static void WritePath(PayloadWriter writer, FileSystemInfo info)
    {
        writer.WriteString(info.FullName);
        writer.WriteString(info.ToString());
    }

    private static TInfo ReadPath<TInfo>(PayloadReader reader, Func<string, TInfo> make)
        where TInfo : FileSystemInfo
    {
        TInfo info = make(reader.ReadString()!);
        string written = reader.ReadString()!;
        if (info.ToString() != written)
            OriginalPath?.SetValue(info, written);

        return info;
    }
}
