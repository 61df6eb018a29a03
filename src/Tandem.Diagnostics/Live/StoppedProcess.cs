using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Diagnostics;

/// <summary>
/// A process whose threads are all stopped, until this object is disposed by the same thread, or that thread exits: the system releases
/// what a thread traces when the thread exits, for whatever reason.
/// </summary>
internal sealed unsafe partial class StoppedProcess : IDisposable
{
    private const int MostPasses = 20;

    /// <summary>The multiple of the time limit for threads that will stop, but wait for a processor.</summary>
    private const int Patience = 10;

    private const int Seize = 0x4206;
    private const int Interrupt = 0x4207;
    private const int Detach = 17;
    private const int GetRegisterSet = 0x4204;
    private const int GeneralRegisters = 1;
    private const int WaitForAny = 0x40000000;
    private const int DoNotWait = 1;
    private const int StopEvent = 128;
    private const int NoSuchProcess = 3;

    private readonly Dictionary<int, int> _stopped = []; // stopped threads, each with the signal that it was about to get
    private readonly HashSet<int> _seized = []; // all traced threads

    private StoppedProcess()
    {
    }

    /// <summary>The registers of the stopped threads.</summary>
    internal Dictionary<int, ThreadRegisters> Registers { get; } = [];

    /// <summary>Stops a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="limit">
    /// How long to wait for threads that do not stop because they wait for a device. Threads that only wait for a processor have ten times
    /// as long.
    /// </param>
    /// <exception cref="StackException">The process may not be traced.</exception>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The kernel gives no event for threads that stop.")]
    internal static StoppedProcess Stop(int processId, TimeSpan limit)
    {
        ChildSignals.SilenceStops();
        var process = new StoppedProcess();
        try
        {
            long start = Stopwatch.GetTimestamp();
            // Threads that still run may start other threads meanwhile.
            for (int pass = 0; pass < MostPasses && process.SeizeNew(processId); pass++)
            {
                while (process._stopped.Count < process._seized.Count)
                {
                    process.Collect();
                    TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                    if (elapsed <= limit)
                        continue;
                    if (elapsed > Patience * limit || !process.WillStop(processId))
                        break;

                    Thread.Sleep(1); // they wait for a processor
                }
            }

            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach ((int thread, int signal) in _stopped)
            _ = PTrace(Detach, thread, 0, signal);

        _stopped.Clear();
    }

    private bool SeizeNew(int processId)
    {
        bool any = false;
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            int thread = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            if (_seized.Contains(thread))
                continue;

            if (PTrace(Seize, thread, 0, 0) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == NoSuchProcess)
                    continue; // the thread has exited

                if (_seized.Count == 0)
                    throw new StackException(TraceRights.Explain(processId, error));

                continue;
            }

            _ = PTrace(Interrupt, thread, 0, 0);
            _seized.Add(thread);
            any = true;
        }

        return any;
    }

    /// <summary>Whether a thread that has not stopped only needs a processor for it.</summary>
    private bool WillStop(int processId) => _seized.Any(thread =>
        !_stopped.ContainsKey(thread) && ProcStat.OfThread(processId, thread) is { State: not ('D' or 'Z' or 'X') });

    private void Collect()
    {
        byte* buffer = stackalloc byte[ThreadRegisters.Size];
        foreach (int thread in _seized)
        {
            if (_stopped.ContainsKey(thread))
                continue;

            int status;
            int waited = WaitPid(thread, &status, WaitForAny | DoNotWait);
            if (waited == 0)
                continue;

            if (waited < 0 || (status & 0xFF) != 0x7F)
            {
                _seized.Remove(thread); // the thread has exited
                continue;
            }

            // A thread that was about to get a signal gets it when it continues.
            _stopped[thread] = status >> 16 == StopEvent ? 0 : (status >> 8) & 0xFF;
            var vector = new Vector { Base = buffer, Length = ThreadRegisters.Size };
            if (PTrace(GetRegisterSet, thread, GeneralRegisters, (nint)(&vector)) == 0)
                Registers[thread] = new ThreadRegisters(new ReadOnlySpan<byte>(buffer, (int)vector.Length));
        }

        if (_stopped.Count < _seized.Count)
            Thread.Yield();
    }

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint PTrace(nint request, nint pid, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, int* status, int options);

    private struct Vector
    {
        internal byte* Base;
        internal nuint Length;
    }
}
