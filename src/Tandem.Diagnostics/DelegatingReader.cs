using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>Wraps a reader of another process, to change how memory and registers are read.</summary>
internal abstract class DelegatingReader(IDataReader inner) : IDataReader
{
    protected IDataReader Inner { get; } = inner;

    public string DisplayName => Inner.DisplayName;

    public bool IsThreadSafe => Inner.IsThreadSafe;

    public OSPlatform TargetPlatform => Inner.TargetPlatform;

    public Architecture Architecture => Inner.Architecture;

    public int ProcessId => Inner.ProcessId;

    public int PointerSize => Inner.PointerSize;

    public IEnumerable<ModuleInfo> EnumerateModules() => Inner.EnumerateModules();

    public abstract bool GetThreadContext(uint threadID, uint contextFlags, Span<byte> context);

    public void FlushCachedData() => Inner.FlushCachedData();

    public abstract int Read(ulong address, Span<byte> buffer);

    public bool Read<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        if (Read(address, MemoryMarshal.AsBytes(new Span<T>(ref value))) == Unsafe.SizeOf<T>())
            return true;

        value = default;
        return false;
    }

    public T Read<T>(ulong address)
        where T : unmanaged => Read(address, out T value) ? value : default;

    public bool ReadPointer(ulong address, out ulong value)
    {
        if (PointerSize != sizeof(uint))
            return Read(address, out value);

        bool isThere = Read(address, out uint small);
        value = small;
        return isThere;
    }

    public ulong ReadPointer(ulong address) => ReadPointer(address, out ulong value) ? value : 0;
}
