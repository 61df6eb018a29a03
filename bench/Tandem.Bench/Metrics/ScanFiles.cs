using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>Real work of a millisecond or so an item: what isolation costs where it is used.</summary>
internal static class ScanFiles
{
    internal static async Task RunAsync(Session session)
    {
        string[] assemblies = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*.dll");
        string[] files = [.. Enumerable.Repeat(assemblies, session.Scale(full: 4, quick: 2)).SelectMany(list => list)];
        await using var pools = PoolSet.Open(session, 2, Backend.Threads, Backend.Processes);
        await session.CompareAsync(
            Metric.ScanFiles,
            [
                .. pools.Each((pool, _) => MapAsync(pool, files)),
                new Contender(Backend.Parallel, () => ParallelAsync(files)),
            ],
            // Threads and Parallel differ by less than one round of either does from the next.
            rounds: session.Scale(full: 31, quick: 9));
    }

    private static async Task<double> MapAsync(WorkerPool pool, string[] files)
    {
        int scanned = 0;
        Clock clock = Clock.Start();
        await foreach (FileFacts facts in pool.MapAsync(files, static file => Scan(file), new MapOptions { Ordered = false }))
            scanned += facts.Sha256.Length > 0 ? 1 : 0;

        return Rate(scanned, files, clock);
    }

    private static async Task<double> ParallelAsync(string[] files)
    {
        int scanned = 0;
        Clock clock = Clock.Start();
        await System.Threading.Tasks.Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            (file, _) =>
            {
                if (Scan(file).Sha256.Length > 0)
                    Interlocked.Increment(ref scanned);
                return ValueTask.CompletedTask;
            });
        return Rate(scanned, files, clock);
    }

    private static double Rate(int scanned, string[] files, Clock clock)
    {
        double seconds = clock.Seconds;
        return scanned == files.Length ? scanned / seconds : throw new InvalidDataException($"{scanned} of {files.Length} files were scanned.");
    }

    private static FileFacts Scan(string file)
    {
        byte[] image = File.ReadAllBytes(file);
        string hash = Convert.ToHexString(SHA256.HashData(image));
        using var assembly = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(image));
        if (!assembly.HasMetadata)
            return new FileFacts(0, 0, 0, hash);

        MetadataReader metadata = assembly.GetMetadataReader();
        long bytes = 0;
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            int address = metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
            if (address != 0)
                bytes += assembly.GetMethodBody(address).GetILReader().Length;
        }

        return new FileFacts(metadata.TypeDefinitions.Count, metadata.MethodDefinitions.Count, bytes, hash);
    }

    private sealed record FileFacts(int Types, int Methods, long CodeBytes, string Sha256);
}
