using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pipeline;

/// <summary>
/// What a stage has taken in, so that its successor can go on where it died: records of a length, a checksum and bytes. A record that
/// was being written when the process was killed is cut off.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const int HeaderSize = 12;

    private readonly FileStream _file;

    /// <param name="path">The journal; made if it is not there.</param>
    /// <param name="replay">Called for each record that it holds.</param>
    internal Journal(string path, Action<BinaryReader> replay)
    {
        // Without a buffer: what was added is with the kernel, which a killed process does not take along.
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        byte[] all = new byte[_file.Length];
        _file.ReadExactly(all);
        int at = 0;
        while (TryRead(all, at, out ReadOnlyMemory<byte> record))
        {
            using var reader = new BinaryReader(new MemoryStream(record.ToArray()));
            replay(reader);
            at += HeaderSize + record.Length;
        }

        _file.SetLength(at);
        _file.Position = at;
    }

    internal void Append(Action<BinaryWriter> write)
    {
        var memory = new MemoryStream();
        memory.SetLength(HeaderSize);
        memory.Position = HeaderSize;
        using var writer = new BinaryWriter(memory);
        write(writer);
        writer.Flush();
        Span<byte> bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], Checksum(bytes[HeaderSize..]));
        _file.Write(bytes);
    }

    public void Dispose() => _file.Dispose();

    private static bool TryRead(byte[] all, int at, out ReadOnlyMemory<byte> record)
    {
        record = default;
        if (all.Length - at < HeaderSize)
            return false;

        int length = BinaryPrimitives.ReadInt32LittleEndian(all.AsSpan(at));
        if (length < 0 || length > all.Length - at - HeaderSize)
            return false;

        record = all.AsMemory(at + HeaderSize, length);
        return BinaryPrimitives.ReadUInt64LittleEndian(all.AsSpan(at + 4)) == Checksum(record.Span);
    }

    private static ulong Checksum(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes));
}
