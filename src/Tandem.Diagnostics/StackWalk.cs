using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>One frame, with what its line in the source is found by.</summary>
/// <param name="Method">The method as a person would write it.</param>
/// <param name="ModuleFile">The file of its assembly; empty where it has none.</param>
/// <param name="Token">Its metadata token there.</param>
/// <param name="Offset">Where it is, in its intermediate language.</param>
internal sealed record StackLine(string Method, string ModuleFile, int Token, int Offset)
{
    /// <summary>Code that was compiled anew while it ran: the runtime tells no line of it.</summary>
    internal const int Unknown = -1;

    /// <summary>Not the user's code.</summary>
    internal const int NotWanted = -2;
}

/// <summary>Walks a thread of a stopped process.</summary>
internal static class StackWalk
{
    private const int MaximumFrames = 100;

    /// <summary>The file of the runtime's debugging library on this system.</summary>
    internal static string DebuggingLibrary => OperatingSystem.IsWindows() ? "mscordaccore.dll" : OperatingSystem.IsMacOS() ? "libmscordaccore.dylib" : "libmscordaccore.so";

    /// <summary>The frames of the thread that runs the work, newest first; empty when no thread runs code of the program.</summary>
    internal static List<StackLine> Of(int processId, int? threadId)
    {
        ChildSignals.SilenceStops();
        using DataTarget attached = DataTarget.AttachToProcess(processId, suspend: true);
        using var target = new DataTarget(new CalmReader(attached.DataReader), new DataTargetOptions());
        if (target.ClrVersions.Length == 0)
            throw new InvalidOperationException("the process has not loaded a .NET runtime");

        ClrInfo info = target.ClrVersions[0];
        // Beside the runtime that the worker runs, which is this process's own unless the program rolls forward: never downloaded.
        string library = Path.Combine(Path.GetDirectoryName(info.ModuleInfo.FileName)!, DebuggingLibrary);
        using ClrRuntime runtime = info.CreateRuntime(library, ignoreMismatch: true);
        uint wanted = (uint)(threadId ?? processId);
        ClrThread[] threads = [.. runtime.Threads.Where(static thread => thread.IsAlive).OrderBy(thread => thread.OSThreadId == wanted ? 0 : 1)];
        foreach (ClrThread thread in threads)
        {
            foreach (IEnumerable<MethodFrame> frames in (ReadOnlySpan<IEnumerable<MethodFrame>>)[Frames(thread), FramePointers.Of(runtime, thread)])
            {
                List<StackLine> lines = Walk(frames, out bool hasUserCode);
                if (hasUserCode)
                    return lines;
            }
        }

        return [];
    }

    /// <summary>By the runtime's own walk, without transitions and stubs.</summary>
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
            // Below these are Tandem's own frames: how the work was called.
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

    /// <summary>Whether a type calls the work: a form, an item, or what runs items on a thread or in a worker.</summary>
    private static bool IsCallOfWork(string type) =>
        type.StartsWith("Tandem.Work", StringComparison.Ordinal)
        || type.StartsWith("Tandem.InWorker.", StringComparison.Ordinal)
        || type.StartsWith("Tandem.Threading.", StringComparison.Ordinal)
        || (type.StartsWith("Tandem.Shipping.", StringComparison.Ordinal) && type.Contains("Form", StringComparison.Ordinal));

    internal static StackLine LineOf(in MethodFrame frame, bool isNewest)
    {
        ClrMethod method = frame.Method;
        string file = method.Type.Module.Name ?? "";
        return new StackLine(
            MethodName.Readable(method.Signature ?? method.Name ?? "?"), file, method.MetadataToken, IsUserCode(file) ? OffsetOf(frame, isNewest) : StackLine.NotWanted);
    }

    private static bool IsUserCode(string file)
    {
        string name = Path.GetFileName(file);
        return name.Length > 0
            && !name.StartsWith("System.", StringComparison.Ordinal)
            && !name.StartsWith("Microsoft.", StringComparison.Ordinal)
            && name is not "Tandem.dll" and not "netstandard.dll" and not "mscorlib.dll";
    }

    /// <summary>All frames but the newest stand behind their call: the instruction before is the call itself.</summary>
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
