using System.Globalization;

namespace Tandem.Diagnostics;

/// <summary>Finds names for the code of native libraries in a process.</summary>
internal sealed class NativeNames(int processId)
{
    private readonly Dictionary<string, ElfSymbols> _symbols = new(StringComparer.Ordinal);

    /// <summary>The name of an address, such as <c>libc.so.6!poll</c>, or module and offset if the function has no name.</summary>
    internal string Of(ulong address, MemoryRegion? region)
    {
        if (region is null)
            return string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");

        // Code that the runtime generated: stubs between methods, and helpers.
        if (region.File is not ['/', ..] file || file.StartsWith("/memfd:", StringComparison.Ordinal))
            return region.File.Length > 0 && region.File[0] == '[' ? region.File : "(generated code)";

        ulong offset = address - region.Start + region.FileOffset;
        if (!_symbols.TryGetValue(file, out ElfSymbols? symbols))
        {
            // The file as the process sees it, which may be in a container.
            string seen = $"/proc/{processId}/root{file}";
            _symbols[file] = symbols = ElfSymbols.Of(File.Exists(seen) ? seen : file);
        }

        string module = Path.GetFileName(file);
        return symbols.NameAt(offset) is { } name
            ? $"{module}!{name}"
            : string.Create(CultureInfo.InvariantCulture, $"{module}+0x{offset:x}");
    }
}
