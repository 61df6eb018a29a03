using System.Globalization;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>The threads on which .NET receives socket events; most programs have one. They only queue work to the thread pool.</summary>
internal static class SocketThreads
{
    private const string Name = ".NET Sockets";

    /// <summary>
    /// Makes them stop preempting threads that serve requests (SCHED_BATCH). Otherwise each event would preempt one: that costs two thread
    /// switches, and if every processor is busy, the preempted thread waits until all other workers had their turn.
    /// </summary>
    /// <remarks>This affects only these threads: .NET gives every thread that it starts the default policy.</remarks>
    /// <returns>Whether such threads exist: .NET starts them for the first socket operation that has to wait.</returns>
    internal static bool UseBatchScheduling()
    {
        bool areThere = false;
        try
        {
            foreach (string folder in Directory.EnumerateDirectories("/proc/self/task"))
            {
                if (ProcStat.Of(folder) is not { Name: Name })
                    continue;

                areThere = true;
                Libc.UseBatchScheduling(int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc these threads cannot be found. The application works, only more slowly.
        }

        return areThere;
    }
}
