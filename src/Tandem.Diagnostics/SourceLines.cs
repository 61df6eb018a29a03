using System.Collections.Concurrent;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Tandem.Diagnostics;

/// <summary>Finds files and lines in portable symbols, inside an assembly or beside it.</summary>
internal static class SourceLines
{
    // Few assemblies contain work that times out; their symbols stay open.
    private static readonly ConcurrentDictionary<string, MetadataReaderProvider?> Symbols = new(StringComparer.Ordinal);

    /// <summary>The source line as text, such as <c> in Shop.cs:line 12</c>; empty if there are no symbols.</summary>
    internal static string Of(StackLine line)
    {
        if (line.Offset == StackLine.NotWanted || Symbols.GetOrAdd(line.ModuleFile, Open) is not { } provider)
            return "";

        try
        {
            MetadataReader reader = provider.GetMetadataReader();
            var method = (MethodDefinitionHandle)MetadataTokens.Handle(line.Token);
            SequencePoint? best = null;
            foreach (SequencePoint point in reader.GetMethodDebugInformation(method.ToDebugInformationHandle()).GetSequencePoints())
            {
                if (!point.IsHidden && (best is null || point.Offset <= line.Offset))
                    best = point;
            }

            if (best is not { } found)
                return "";

            string file = reader.GetString(reader.GetDocument(found.Document).Name);
            return line.Offset == StackLine.Unknown
                ? $" in {file}:line {found.StartLine} (where it begins)"
                : $" in {file}:line {found.StartLine}";
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidCastException)
        {
            return "";
        }
    }

    /// <summary>Makes the runtime compile the reader before it is needed.</summary>
    internal static void WarmUp() => _ = Symbols.GetOrAdd(typeof(SourceLines).Assembly.Location, Open);

    private static MetadataReaderProvider? Open(string module)
    {
        try
        {
            if (!File.Exists(module))
                return null;

            using var image = new PEReader(File.OpenRead(module), PEStreamOptions.PrefetchEntireImage);
            return image.TryOpenAssociatedPortablePdb(
                module,
                static path => File.Exists(path) ? new MemoryStream(File.ReadAllBytes(path)) : null,
                out MetadataReaderProvider? provider,
                out _)
                ? provider
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return null;
        }
    }
}
