using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;

namespace Tandem.Tool.Compare;

/// <summary>Built-in work, for a first impression and for learning what to expect.</summary>
[SupportedOSPlatform("linux")]
internal static class BuiltInWork
{
    private const int DefaultCount = 256;

    internal static readonly string[] Names = ["assemblies", "numeric", "allocate", "wait"];

    internal static Task<ComparisonResult> RunAsync(CompareRequest request, ComparisonOptions options, CancellationToken cancellationToken)
    {
        // The tool's own runtime settings are those of a small server; measured work gets the runtime's defaults.
        options.Environment["DOTNET_gcConcurrent"] = Environment.GetEnvironmentVariable("DOTNET_gcConcurrent") ?? "1";
        options.Environment["DOTNET_TieredPGO"] = Environment.GetEnvironmentVariable("DOTNET_TieredPGO") ?? "1";
        if (request.Method is not null || request.ItemsFrom is not null)
            throw new UsageException($"'{request.Workload}' is built-in work; --method and --items-from are for your own method.");

        if (request.Workload == "assemblies")
        {
            string[] files = request.Items.Length > 0 ? ItemFiles.Matching(request.Items) : AssemblyFiles.OfDotnet();
            return Comparison.RunAsync(files.Take(request.Count ?? int.MaxValue), AssemblyScan.Of, options, cancellationToken);
        }

        if (request.Items.Length > 0)
            throw new UsageException($"'{request.Workload}' does not take --items; use --count for the number of items.");

        IEnumerable<int> numbers = Enumerable.Range(0, request.Count ?? DefaultCount);
        return request.Workload switch
        {
            "numeric" => Comparison.RunAsync(numbers, Numeric, options, cancellationToken),
            "allocate" => Comparison.RunAsync(numbers, Allocate, options, cancellationToken),
            _ => Comparison.RunAsync(numbers, WaitAsync, options, cancellationToken),
        };
    }

    /// <summary>Counts the iterations for some points at the edge of the Mandelbrot set.</summary>
    internal static int Numeric(int item)
    {
        const int Points = 400;
        const int Limit = 1000;
        int steps = 0;
        for (int point = 0; point < Points; point++)
        {
            double real = -0.75 + (point * 0.0001), imaginary = 0.1 + (item * 0.00001), x = 0, y = 0;
            for (int step = 0; step < Limit && (x * x) + (y * y) < 4; step++)
            {
                (x, y) = ((x * x) - (y * y) + real, (2 * x * y) + imaginary);
                steps++;
            }
        }

        return steps;
    }

    /// <summary>Builds an index of words, which is dropped; part of it lives as long as the item.</summary>
    internal static int Allocate(int item)
    {
        const int Entries = 20_000;
        var index = new Dictionary<string, List<int>>();
        for (int entry = 0; entry < Entries; entry++)
        {
            string word = ((entry * 7919) % 5003).ToString(CultureInfo.InvariantCulture);
            if (!index.TryGetValue(word, out List<int>? places))
                index.Add(word, places = []);

            places.Add(entry + item);
        }

        return index.Count;
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Work that waits, to be measured.")]
    internal static async Task<int> WaitAsync(int item)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
        return item;
    }
}
