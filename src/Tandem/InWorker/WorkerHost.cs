using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Transport;
using Tandem.Transport.Mapped;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;

namespace Tandem.InWorker;

/// <summary>Turns this process into a worker if it was started as one.</summary>
internal static class WorkerHost
{
    /// <summary>What this worker is connected to over mapped memory; null for another transport.</summary>
    private static MappedAddress? s_mapped;

    /// <summary>Does not return in a process that was started as a worker; returns at once in any other process.</summary>
    internal static void RunIfWorker()
    {
        string? address = Environment.GetEnvironmentVariable(LaunchProtocol.WorkerVariable);
        if (address is null)
            return;

        WorkerSetUp setUp = WorkerSetUp.Run(address);
        try
        {
            s_mapped = MappedAddress.TryParse(address);
            ParentLink link = address == LaunchProtocol.SharedMemory ? TakeDescriptors()
                : s_mapped is { } mapped ? new SharedMemoryParentLink(new MappedParentConnection(mapped))
                : new PortableParentLink(address);
            new WorkerLoop(link, setUp.Concurrency) { OnDefinedAhead = setUp.OnDefinedAhead }.Run();
        }
        catch (Exception e) when (e is IOException or ProtocolException or TimeoutException)
        {
            End(e);
        }

        Environment.Exit(0);
    }

    /// <summary>Exits the worker, because it cannot communicate with its parent.</summary>
    internal static void End(Exception error)
    {
        Console.Error.WriteLine($"Tandem worker: {error.Message}");
        DeleteWithProgram();
        Environment.Exit(LaunchProtocol.OrphanExitCode);
    }

    /// <summary>
    /// In a process that was started for a <see cref="GuestProgram"/>: starts the worker in addition to the program's own <c>Main</c>,
    /// and returns at once. The process may outlive its parent, if the guest allows that.
    /// </summary>
    internal static void RunBeside(GuestWorker guest)
    {
        WorkerSetUp.RunForGuest();
        SharedMemoryParentLink link = TakeDescriptors();
        Background.Thread("Tandem worker", 512 * 1024, () => Loop(link, guest), _ => guest.OnOrphaned()).UnsafeStart();
    }

    private static void Loop(SharedMemoryParentLink link, GuestWorker guest)
    {
        try
        {
            new WorkerLoop(link, 1, guest).Run();
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            Console.Error.WriteLine($"Tandem worker: {e.Message}");
            guest.OnOrphaned();
        }
    }

    /// <summary>Exits without running user code: the parent has exited, and the main thread may be blocked.</summary>
    internal static void EndAsOrphan()
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows ends the processes that this worker has started, as soon as nothing has a handle of the parent's Job object.
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            _ = Kernel32.TerminateProcess(process.SafeHandle, LaunchProtocol.OrphanExitCode);
        }

        DeleteWithProgram();
        // Also kill the processes that this worker has started.
        _ = Libc.Kill(-Environment.ProcessId, Libc.SIGKILL);
        Libc.ExitNow(LaunchProtocol.OrphanExitCode);
    }

    /// <summary>Deletes what a killed parent could not delete.</summary>
    private static void DeleteWithProgram()
    {
        if (s_mapped is { } mapped && !OperatingSystem.IsWindows())
            MappedFolder.DeleteWithProgram(mapped.Pool);
    }

    private static SharedMemoryParentLink TakeDescriptors()
    {
        // Processes that this worker starts must not inherit its descriptors: an open control socket would look like a living worker.
        for (int fd = LaunchProtocol.ControlDescriptor; fd <= LaunchProtocol.ResultsDescriptor; fd++)
            _ = Libc.Fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);

        return new SharedMemoryParentLink(
            LaunchProtocol.ControlDescriptor, LaunchProtocol.LinkDescriptor,
            LaunchProtocol.RequestsDescriptor, LaunchProtocol.ResultsDescriptor);
    }
}
