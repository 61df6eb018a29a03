using System.Globalization;
using Tandem.Interop;

namespace Tandem.Compare.Measuring;

/// <summary>Samples the memory of some processes while they work.</summary>
internal sealed class MemorySampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ManualResetEventSlim _stop = new();
    private readonly int[] _processes;
    private readonly Thread _thread;
    private long _most;

    internal MemorySampler(int[] processes)
    {
        _processes = processes;
        _thread = new Thread(Sample, 256 * 1024) { IsBackground = true, Name = "memory sampler" };
        _thread.Start();
    }

    /// <summary>The maximum of their total private memory.</summary>
    internal long MostPrivate => Volatile.Read(ref _most);

    /// <summary>The sum of the processes' peaks since they started.</summary>
    internal static long Peaks(IEnumerable<int> processes) => processes.Sum(Peak);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Sample()
    {
        do
        {
            long now = _processes.Sum(ProcessMemory.PrivateBytes);
            if (now > _most)
                Volatile.Write(ref _most, now);
        }
        while (!_stop.Wait(Interval));
    }

    private static long Peak(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return 1024 * long.Parse(line.AsSpan("VmHWM:".Length).TrimEnd(" kB").Trim(), CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has exited meanwhile.
        }

        return 0;
    }
}
