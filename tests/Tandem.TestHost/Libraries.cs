namespace Tandem.TestHost;

/// <summary>Which native libraries a program loads because it uses this library. Linux only.</summary>
internal static class Libraries
{
    /// <summary>Uses a pool, and shared objects where there are any; says which libraries of OpenSSL the program and a worker have.</summary>
    internal static async Task<string> RunAsync(string kind)
    {
        await using WorkerPool pool = WorkerPool.Create(Roles.Options(kind, 1));
        List<string> found = [.. await pool.RunAsync(static () => Find())];
        using (var counter = new SharedCounter())
            await pool.RunAsync(static (shared, _) => shared.Increment(), counter);

        found.AddRange(Find());
        return $"OpenSSL: {string.Join(' ', found.Distinct())}";
    }

    private static string[] Find() =>
        [.. File.ReadLines("/proc/self/maps").Select(static line => Path.GetFileName(line.Split(' ')[^1]))
            .Where(static name => name.Contains("ssl", StringComparison.OrdinalIgnoreCase) || name.Contains("libcrypto", StringComparison.Ordinal)).Distinct()];
}
