namespace Tandem.Diagnostics;

/// <summary>Adds names and lines to the frames of threads, after the process continues.</summary>
internal sealed class FrameNames(int processId)
{
    private readonly NativeNames _native = new(processId);
    private readonly Dictionary<ulong, (string Name, string Source)> _known = [];

    internal ThreadStack Describe(ThreadInFlight thread, MemoryMap map)
    {
        var frames = new List<StackFrame>(thread.Frames.Count);
        foreach (RawFrame frame in thread.Frames)
        {
            MemoryRegion? region = map.Find(frame.Address);
            if (frame.Method is null && region is not { IsExecutable: true } && frames.Count > 0)
                continue; // not code: a register that was used for another purpose

            // The addresses of older frames are return addresses.
            (string name, string source) = Name(frame, region, isNewest: frame.StackPointer == thread.StackPointer);
            StackFrameKind kind = frame.Method is null ? StackFrameKind.Native : StackFrameKind.Managed;
            frames.Add(new StackFrame(kind, frame.Address, frame.StackPointer, name, source));
        }

        MemoryRegion? stack = map.Find(thread.StackPointer);
        (ulong top, ulong bottom) = thread.Bounds;
        bool isKnown = top > thread.StackPointer && bottom <= thread.StackPointer && bottom != 0;
        return new ThreadStack(
            thread.Id,
            thread.ManagedId,
            thread.Name,
            thread.State,
            thread.Role,
            isKnown ? top : stack?.End ?? 0,
            isKnown ? bottom : stack?.Start ?? 0,
            frames,
            frames.Count > 0 ? "" : "it could not be stopped, or has exited.");
    }

    private (string Name, string Source) Name(RawFrame frame, MemoryRegion? region, bool isNewest)
    {
        ulong key = frame.Address;
        if (_known.TryGetValue(key, out (string Name, string Source) known))
            return known;

        if (frame.Method is { } method)
        {
            StackLine line = StackWalk.LineOf(new MethodFrame(method, frame.Address), isNewest);
            known = (line.Method, SourceLines.Of(line));
        }
        else
        {
            known = (_native.Of(isNewest ? frame.Address : frame.Address - 1, region), "");
        }

        // Code may be recompiled and stored elsewhere, but an address is seldom reused for other code.
        return _known[key] = known;
    }
}
