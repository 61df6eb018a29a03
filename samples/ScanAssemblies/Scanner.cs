using System.Buffers;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ScanAssemblies;

/// <summary>What a scan found in one file.</summary>
/// <param name="IsAssembly">Whether it has metadata; otherwise the counts are 0.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Types">Type definitions.</param>
/// <param name="Methods">Method definitions.</param>
/// <param name="IlBytes">Bytes of intermediate language in all method bodies.</param>
/// <param name="Sha256">The hash of the file, in hexadecimal digits.</param>
internal sealed record FileScan(bool IsAssembly, long Bytes, int Types, int Methods, long IlBytes, string Sha256);

/// <summary>The pure work: one file in, one record out, nothing kept.</summary>
internal static class Scanner
{
    /// <summary>Reads, hashes and counts one file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="BadImageFormatException">The file is an assembly, and a broken one.</exception>
    internal static FileScan Scan(string path)
    {
        long length = new FileInfo(path).Length;
        // Also what a named pipe says of itself: opening one would wait for ever for somebody who writes to it.
        if (length == 0)
            return new FileScan(false, 0, 0, 0, 0, Convert.ToHexString(SHA256.HashData([])));
        if (length > Array.MaxLength)
            throw new IOException($"The file is too large to be an assembly: {length} bytes.");

        // Rented: a fresh array of this size would cost a full garbage collection every few files.
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            return Scan(buffer.AsSpan(0, Read(path, buffer.AsSpan(0, (int)length))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static unsafe FileScan Scan(ReadOnlySpan<byte> image)
    {
        string hash = Convert.ToHexString(SHA256.HashData(image));
        fixed (byte* start = image)
        {
            using var file = new PEReader(start, image.Length);
            if (!HasMetadata(file))
                return new FileScan(false, image.Length, 0, 0, 0, hash);

            MetadataReader metadata = file.GetMetadataReader();
            return new FileScan(
                true, image.Length, metadata.TypeDefinitions.Count, metadata.MethodDefinitions.Count, CountIlBytes(file, metadata), hash);
        }
    }

    /// <summary>False for a native library, and for a file that is no executable at all.</summary>
    private static bool HasMetadata(PEReader file)
    {
        try
        {
            return file.HasMetadata;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }

    private static long CountIlBytes(PEReader file, MetadataReader metadata)
    {
        long bytes = 0;
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            bool hasBody = method.RelativeVirtualAddress != 0 && (method.ImplAttributes & MethodImplAttributes.CodeTypeMask) == MethodImplAttributes.IL;
            if (hasBody)
                bytes += file.GetMethodBody(method.RelativeVirtualAddress).GetILReader().Length;
        }

        return bytes;
    }

    private static int Read(string path, Span<byte> buffer)
    {
        using SafeFileHandle handle = File.OpenHandle(path);
        int filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(handle, buffer[filled..], filled) is > 0 and var read)
            filled += read;

        return filled;
    }
}
