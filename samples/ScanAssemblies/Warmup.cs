namespace ScanAssemblies;

/// <summary>What comes before the clock starts, so that the first run pays for nothing that the others get for free.</summary>
internal static class Warmup
{
    /// <summary>One file of this many is scanned before each run, so that the code is compiled.</summary>
    private const int SampleEvery = 16;

    /// <summary>Reads each file once: all runs find it in the page cache.</summary>
    internal static void ReadOnce(string[] files, Display display, CancellationToken cancellation)
    {
        display.Start("read once", files.Length);
        byte[] buffer = new byte[1 << 20];
        foreach (string path in files)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (new FileInfo(path).Length > 0)
                {
                    using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                    while (file.Read(buffer) > 0)
                    {
                        // Only to have it in memory.
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The runs report it.
            }

            display.Step();
        }
    }

    internal static string[] Sample(string[] files) => [.. files.Where((_, index) => index % SampleEvery == 0)];
}
