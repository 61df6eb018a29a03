using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>Walks a thread of a stopped process.</summary>
internal static class StackWalk
{
    private const int MaximumFrames = 100;

    /// <summary>The file of the runtime's debugging library on this system.</summary>
    internal static string DebuggingLibrary =>
        OperatingSystem.IsWindows() ? "mscordaccore.dll"
        : OperatingSystem.IsMacOS() ? "libmscordaccore.dylib"
        : "libmscordaccore.so";

    /// <summary>The frames of the thread that runs the work, newest first; empty if no thread runs code of the program.</summary>
    internal static List<StackLine> Of(int processId, int? threadId)
    {
        ChildSignals.SilenceStops();
        using DataTarget attached = DataTarget.AttachToProcess(processId, suspend: true);
        using var target = new DataTarget(new NonThrowingReader(attached.DataReader), new DataTargetOptions());
        if (target.ClrVersions.Length == 0)
            throw new InvalidOperationException("the process has not loaded a .NET runtime");

        ClrInfo info = target.ClrVersions[0];
        // The library is beside the worker's runtime. That is this process's runtime unless the program rolls forward. It is never
        // downloaded.
        string library = Path.Combine(Path.GetDirectoryName(info.ModuleInfo.FileName)!, DebuggingLibrary);
        using ClrRuntime runtime = info.CreateRuntime(library, ignoreMismatch: true);
        uint wanted = (uint)(threadId ?? processId);
        ClrThread[] threads =
            [.. runtime.Threads.Where(static thread => thread.IsAlive).OrderBy(thread => thread.OSThreadId == wanted ? 0 : 1)];
        foreach (ClrThread thread in threads)
        {
            ReadOnlySpan<IEnumerable<MethodFrame>> sources = [Frames(thread), FramePointers.Of(runtime, thread)];
            foreach (IEnumerable<MethodFrame> frames in sources)
            {
                List<StackLine> lines = Walk(frames, out bool hasUserCode);
                if (hasUserCode)
                    return lines;
            }
        }

        return [];
    }

    /// <summary>The frames of the runtime's own stack walk, without transitions and stubs.</summary>
    private static IEnumerable<MethodFrame> Frames(ClrThread thread) => thread.EnumerateStackTrace(includeContext: false, MaximumFrames * 2)
        .Where(static frame => frame.Method is not null)
        .Select(static frame => new MethodFrame(frame.Method!, frame.InstructionPointer));

    private static List<StackLine> Walk(IEnumerable<MethodFrame> frames, out bool hasUserCode)
    {
        List<StackLine> lines = [];
        hasUserCode = false;
        foreach (MethodFrame frame in frames)
        {
            ClrMethod method = frame.Method;
            // The older frames are Tandem's own: how the work was called.
            if (IsCallOfWork(method.Type.Name ?? ""))
                break;

            StackLine line = LineOf(frame, lines.Count == 0);
            hasUserCode |= line.Offset != StackLine.NotWanted;
            lines.Add(line);
            if (lines.Count == MaximumFrames)
                break;
        }

        return lines;
    }

    /// <summary>
    /// Whether a type is part of the call of the work: a delegate adapter, an item, or the code that runs items on a thread or in a worker.
    /// </summary>
    private static bool IsCallOfWork(string type) =>
        type.StartsWith("Tandem.Work", StringComparison.Ordinal)
        || type.StartsWith("Tandem.InWorker.", StringComparison.Ordinal)
        || type.StartsWith("Tandem.Threading.", StringComparison.Ordinal)
        || (type.StartsWith("Tandem.Invocation.", StringComparison.Ordinal) && type.Contains("Adapter", StringComparison.Ordinal));

    internal static StackLine LineOf(in MethodFrame frame, bool isNewest)
    {
        ClrMethod method = frame.Method;
        string file = method.Type.Module.Name ?? "";
        return new StackLine(
            SourceName.Of(method.Signature ?? method.Name ?? "?"),
            file,
            method.MetadataToken,
            IsUserCode(file) ? OffsetOf(frame, isNewest) : StackLine.NotWanted);
    }

    private static bool IsUserCode(string file)
    {
        string name = Path.GetFileName(file);
        return name.Length > 0
            && !name.StartsWith("System.", StringComparison.Ordinal)
            && !name.StartsWith("Microsoft.", StringComparison.Ordinal)
            && name is not "Tandem.dll" and not "netstandard.dll" and not "mscorlib.dll";
    }

    /// <summary>
    /// The intermediate-language offset of a frame. The address of each frame except the newest is a return address; the instruction before
    /// it is the call.
    /// </summary>
    private static int OffsetOf(MethodFrame frame, bool isNewest)
    {
        ulong address = isNewest ? frame.InstructionPointer : frame.InstructionPointer - 1;
        int best = StackLine.Unknown;
        foreach (ILToNativeMap map in frame.Method.ILOffsetMap)
        {
            if (map.ILOffset >= 0 && map.StartAddress <= address && address <= map.EndAddress)
                best = Math.Max(best, map.ILOffset);
        }

        return best;
    }
}
