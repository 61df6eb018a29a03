using System.Globalization;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// The threads on which .NET hears what happens to sockets; most programs have one. All that they do is to queue work for the thread pool.
/// </summary>
internal static class SocketThreads
{
    private const string Name = ".NET Sockets";

    /// <summary>
    /// Has them not interrupt those that serve. Each event would do so: that costs two switches between threads, and where every processor is
    /// busy, what was interrupted waits until all other workers had their turn.
    /// </summary>
    /// <remarks>They alone: .NET gives every thread that it starts the usual policy.</remarks>
    /// <returns>Whether there are any: they come with the first socket that has to wait for something.</returns>
    internal static bool StopInterrupting()
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
            // Without /proc nobody can say which they are; the application serves as well, only slower.
        }

        return areThere;
    }
}
