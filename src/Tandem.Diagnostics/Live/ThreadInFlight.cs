using System.Globalization;
using Microsoft.Diagnostics.Runtime;
using Tandem.Interop;

namespace Tandem.Diagnostics;

/// <summary>A thread whose stack is being read.</summary>
internal sealed class ThreadInFlight
{
    private const int MostFrames = 400;

    private ThreadInFlight(int id, string name, char state)
    {
        Id = id;
        Name = name;
        State = state;
    }

    internal int Id { get; }

    internal string Name { get; }

    internal char State { get; }

    internal int? ManagedId { get; private set; }

    internal string Role { get; private set; } = "";

    /// <summary>The bounds of the stack, as the runtime knows them; 0 if it does not.</summary>
    internal (ulong Top, ulong Bottom) Bounds { get; private set; }

    internal ulong StackPointer { get; private set; }

    /// <summary>The frames, newest first.</summary>
    internal List<RawFrame> Frames { get; } = [];

    /// <summary>Whether a frame of .NET was found.</summary>
    internal bool IsManaged => Frames.Exists(static frame => frame.Method is not null);

    /// <summary>Lists the threads of a process, with their states before they are stopped.</summary>
    internal static List<ThreadInFlight> Of(int processId, int? only)
    {
        List<ThreadInFlight> threads = [];
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{processId}/task"))
        {
            int id = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            if (only is { } wanted && id != wanted)
                continue;

            // Null if the thread has exited meanwhile.
            if (ProcStat.Of(folder) is { } stat)
                threads.Add(new ThreadInFlight(id, stat.Name, stat.State));
        }

        threads.Sort(static (one, other) => one.Id.CompareTo(other.Id));
        return threads;
    }

    /// <summary>Collects the frames, anew each time.</summary>
    internal void Walk(ThreadRegisters registers, ClrThread? thread, ClrRuntime runtime)
    {
        StackPointer = registers.StackPointer;
        // Two sources, merged by the position of each frame on the stack: the runtime's own walk, which knows its methods, and the chain of
        // frame pointers, which native code also has if it was compiled with them.
        var found = new SortedDictionary<ulong, RawFrame>();
        if (thread is not null)
        {
            ManagedId = thread.ManagedThreadId;
            Role = thread.IsFinalizer ? "finalizer" : thread.IsGc ? "gc" : "";
            Bounds = (Math.Max(thread.StackBase, thread.StackLimit), Math.Min(thread.StackBase, thread.StackLimit));
            foreach (ClrStackFrame frame in thread.EnumerateStackTrace(includeContext: false, MostFrames))
            {
                if (frame.Method is { } method)
                    found[frame.StackPointer] = new RawFrame(frame.InstructionPointer, frame.StackPointer, method);
            }
        }
IEnumerable<(ulong Address, ulong StackPointer)> chain = FramePointers.Chain(
    runtime.DataTarget.DataReader, registers.FramePointer, registers.StackPointer, MostFrames);
foreach ((ulong address, ulong stackPointer) in chain)
            AddMissing(address, stackPointer);

        AddMissing(registers.ProgramCounter, registers.StackPointer);
        Frames.Clear();
        Frames.AddRange(found.Values.Where(frame => frame.StackPointer >= registers.StackPointer));

        void AddMissing(ulong address, ulong stackPointer)
        {
            if (found.ContainsKey(stackPointer))
                return;

            ClrMethod? method = thread is null ? null : runtime.GetMethodByInstructionPointer(address);
            found[stackPointer] = new RawFrame(address, stackPointer, method);
        }
    }
}
