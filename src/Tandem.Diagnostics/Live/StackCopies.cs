using System.Runtime.InteropServices;

namespace Tandem.Diagnostics;

/// <summary>
/// Copies of parts of a process's memory, taken while it was stopped: the stacks of its threads, and the runtime's data about each thread.
/// Everything else that a stack walk reads, such as code and descriptions of methods, hardly changes, and is read while the process runs.
/// </summary>
internal sealed unsafe partial class StackCopies
{
    private const int MostOfStack = 1 << 20;
    private const int MostOfAll = 256 << 20;
    private const int SizeOfThread = 4096; // more than the size of the runtime's data about a thread
    private const int RedZone = 128;

    private readonly SortedList<ulong, byte[]> _blocks = [];
    private int _total;

    /// <summary>Copies the memory, as fast as possible because the process is stopped.</summary>
    internal static StackCopies Take(
        int processId, Dictionary<int, ThreadRegisters> threads, MemoryMap map, IEnumerable<ulong> runtimeThreads)
    {
        var copies = new StackCopies();
        foreach (ThreadRegisters registers in threads.Values)
        {
            ulong start = registers.StackPointer - RedZone;
            // A thread that has just been started is not in the map.
            ulong end = map.Find(registers.StackPointer)?.End ?? start + 65536;
            copies.Copy(processId, start, (int)Math.Min(end - start, MostOfStack));
        }

        foreach (ulong address in runtimeThreads)
            copies.Copy(processId, address, SizeOfThread);

        return copies;
    }

    /// <summary>Reads copied memory; returns 0 for an address that was not copied.</summary>
    internal int Read(ulong address, Span<byte> buffer)
    {
        int index = AddressRanges.IndexOf(_blocks.Count, at => (_blocks.Keys[at], (ulong)_blocks.Values[at].Length), address);
        if (index < 0)
            return 0;

        ReadOnlySpan<byte> rest = _blocks.Values[index].AsSpan((int)(address - _blocks.Keys[index]));
        int length = Math.Min(rest.Length, buffer.Length);
        rest[..length].CopyTo(buffer);
        return length;
    }

    private void Copy(int processId, ulong start, int length)
    {
        if (length <= 0 || _total > MostOfAll || _blocks.ContainsKey(start))
            return;

        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        fixed (byte* target = bytes)
        {
            var local = new Part { Base = (nuint)target, Length = (nuint)length };
            var remote = new Part { Base = (nuint)start, Length = (nuint)length };
            nint read = ProcessVmRead(processId, &local, 1, &remote, 1, 0);
            if (read <= 0)
                return;

            if (read < length)
                Array.Resize(ref bytes, (int)read);
        }

        _blocks.Add(start, bytes);
        _total += bytes.Length;
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ProcessVmRead(int pid, Part* local, nuint localCount, Part* remote, nuint remoteCount, nuint flags);

    private struct Part
    {
        internal nuint Base;
        internal nuint Length;
    }
}
