using System.Buffers;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;

namespace Tandem.Tool.Compare;

/// <summary>The result of scanning one file.</summary>
/// <param name="Bytes">The file's size.</param>
/// <param name="Types">Type definitions; 0 in a file without metadata.</param>
/// <param name="Methods">Method definitions; 0 in a file without metadata.</param>
/// <param name="IlBytes">Bytes of intermediate language in all method bodies.</param>
/// <param name="Sha256">The hash of the file, in hexadecimal digits.</param>
internal sealed record AssemblyScan(long Bytes, int Types, int Methods, long IlBytes, string Sha256)
{
    /// <summary>Reads, hashes and counts one file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="BadImageFormatException">The file is a corrupt assembly.</exception>
    internal static AssemblyScan Of(string path)
    {
        // A named pipe also has length 0; opening one would wait for a writer.
        if (new FileInfo(path).Length == 0)
            return new AssemblyScan(0, 0, 0, 0, Convert.ToHexString(SHA256.HashData([])));

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (file.Length > Array.MaxLength)
            throw new IOException($"The file is too large to be an assembly: {file.Length} bytes.");

        // Rented, because a new array of this size would cause a full garbage collection every few files.
        int length = (int)file.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return Of(buffer.AsSpan(0, file.ReadAtLeast(buffer.AsSpan(0, length), length, throwOnEndOfStream: false)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static unsafe AssemblyScan Of(ReadOnlySpan<byte> image)
    {
        string hash = Convert.ToHexString(SHA256.HashData(image));
        fixed (byte* start = image)
        {
            using var file = new PEReader(start, image.Length);
            if (!HasMetadata(file))
                return new AssemblyScan(image.Length, 0, 0, 0, hash);

            MetadataReader metadata = file.GetMetadataReader();
            return new AssemblyScan(
                image.Length, metadata.TypeDefinitions.Count, metadata.MethodDefinitions.Count, CountIlBytes(file, metadata), hash);
        }
    }

    private static long CountIlBytes(PEReader file, MetadataReader metadata)
    {
        long bytes = 0;
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            bool isIl = (method.ImplAttributes & MethodImplAttributes.CodeTypeMask) == MethodImplAttributes.IL;
            if (isIl && method.RelativeVirtualAddress != 0)
                bytes += file.GetMethodBody(method.RelativeVirtualAddress).GetILReader().Length;
        }

        return bytes;
    }

    /// <summary>Whether a file has .NET metadata; false for a native library, and for a file that is not an executable at all.</summary>
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
}
