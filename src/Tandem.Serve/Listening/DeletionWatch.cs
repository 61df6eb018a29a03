using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>Reports at once when something in a folder is deleted or moved away (inotify).</summary>
internal sealed unsafe class DeletionWatch
{
    private readonly int _descriptor; // the inotify instance
    private readonly Action _onDeleted; // called on the watching thread

    private DeletionWatch(int descriptor, Action onDeleted)
    {
        _descriptor = descriptor;
        _onDeleted = onDeleted;
    }

    /// <summary>Starts to watch; the watch lasts as long as the process.</summary>
    /// <param name="onDeleted">Called on a dedicated thread; it must not throw.</param>
    /// <returns>Null if the system has no inotify instance left; then the caller has to poll.</returns>
    internal static DeletionWatch? Begin(Action onDeleted)
    {
        int descriptor = Libc.WatchInit(Libc.O_CLOEXEC);
        if (descriptor < 0)
            return null;

        var watch = new DeletionWatch(descriptor, onDeleted);
        Background.Thread("Tandem socket files", 128 * 1024, watch.Run).UnsafeStart();
        return watch;
    }

    /// <summary>Adds a folder to the watch.</summary>
    internal void Add(string folder)
    {
        const uint IN_MOVED_FROM = 0x40, IN_DELETE = 0x200, IN_ONLYDIR = 0x1000000;
        _ = Libc.WatchAdd(_descriptor, folder, IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
    }

    private void Run()
    {
        const int LargestEvent = 4096;
        byte* events = stackalloc byte[LargestEvent];
        while (Libc.Read(_descriptor, events, LargestEvent) is > 0 or < 0)
            _onDeleted();
    }
}
