using System.Globalization;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>The addresses of methods, which the runtime writes to a file if it is told to.</summary>
internal sealed class CompiledMethods
{
    private readonly List<(long Start, long Length, string Name)> _methods;

    private CompiledMethods(List<(long Start, long Length, string Name)> methods) => _methods = methods;

    /// <summary>
    /// Sets the environment variables that make a worker's runtime write the file into a folder, before the worker starts.
    /// </summary>
    internal static void AddTo(IDictionary<string, string?> environment, string folder)
    {
        const string MapsOnly = "3";
        environment["DOTNET_PerfMapEnabled"] = MapsOnly;
        environment["DOTNET_PerfMapJitDumpPath"] = folder;
    }

    internal static CompiledMethods Read(string folder, int process)
    {
        string file = Path.Combine(folder, $"perf-{process}.map");
        var methods = new List<(long, long, string)>();
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            // The last line may be incomplete.
            if (line.Split(' ', 3) is [var start, var length, var name]
                && long.TryParse(
                    start.Replace("0x", "", StringComparison.Ordinal),
                    NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture,
                    out long first)
                && long.TryParse(
                    length.Replace("0x", "", StringComparison.Ordinal),
                    NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture,
                    out long bytes))
            {
                methods.Add((first, bytes, name));
            }
        }

        return new CompiledMethods(methods);
    }

    /// <summary>The address of a method's code; null if it is unknown.</summary>
    internal (long Start, long Length)? Find(string name) =>
        _methods.FindIndex(one => one.Name.Contains(name, StringComparison.Ordinal)) is >= 0 and int index
            ? (_methods[index].Start, _methods[index].Length)
            : null;
}
