namespace Tandem.Processes;

/// <summary>Workers that sleep and have something to do. Waking costs a system call, so it happens outside of locks.</summary>
internal struct WorkersToWake
{
    private ProcessWorker? _first;
    private List<ProcessWorker>? _others;

    internal void Add(ProcessWorker worker)
    {
        if (_first is null)
            _first = worker;
        else
            (_others ??= []).Add(worker);
    }

    /// <summary>Wakes them; false when there was none.</summary>
    /// <param name="here">On this thread's processor: it is about to sleep, and another one may be ending a process.</param>
    internal readonly bool Wake(bool here = false)
    {
        if (_first is null)
            return false;

        Wake(_first, here);
        if (_others is not null)
        {
            foreach (ProcessWorker worker in _others)
                Wake(worker, here);
        }

        return true;
    }

    private static void Wake(ProcessWorker worker, bool here)
    {
        if (here)
            worker.Link.WakeOnThisProcessor(worker.ProcessId);
        else
            worker.Link.Wake();
    }
}
