using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.DataReaders.Implementation;

namespace Tandem.Diagnostics;

/// <summary>
/// Reads another process, and finds nothing where that process is gone. The debugging library reads through a call from native code, by
/// which no exception may leave: one that did would end this process, because another one has ended.
/// </summary>
internal sealed class CalmReader(IDataReader inner) : IDataReader, IThreadReader
{
    public string DisplayName => inner.DisplayName;

    public bool IsThreadSafe => inner.IsThreadSafe;

    public OSPlatform TargetPlatform => inner.TargetPlatform;

    public Architecture Architecture => inner.Architecture;

    public int ProcessId => inner.ProcessId;

    public int PointerSize => inner.PointerSize;

    public IEnumerable<ModuleInfo> EnumerateModules() => inner.EnumerateModules();

    public bool GetThreadContext(uint threadID, uint contextFlags, Span<byte> context)
    {
        try
        {
            return inner.GetThreadContext(threadID, contextFlags, context);
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    public void FlushCachedData() => inner.FlushCachedData();

    public int Read(ulong address, Span<byte> buffer)
    {
        try
        {
            return inner.Read(address, buffer);
        }
        catch (Exception e) when (IsGone(e))
        {
            return 0;
        }
    }

    public bool Read<T>(ulong address, out T value)
        where T : unmanaged
    {
        try
        {
            return inner.Read(address, out value);
        }
        catch (Exception e) when (IsGone(e))
        {
            value = default;
            return false;
        }
    }

    public T Read<T>(ulong address)
        where T : unmanaged => Read(address, out T value) ? value : default;

    public bool ReadPointer(ulong address, out ulong value)
    {
        try
        {
            return inner.ReadPointer(address, out value);
        }
        catch (Exception e) when (IsGone(e))
        {
            value = 0;
            return false;
        }
    }

    public ulong ReadPointer(ulong address) => ReadPointer(address, out ulong value) ? value : 0;

    public IEnumerable<uint> EnumerateOSThreadIds() => (inner as IThreadReader)?.EnumerateOSThreadIds() ?? [];

    public ulong GetThreadTeb(uint osThreadId) => (inner as IThreadReader)?.GetThreadTeb(osThreadId) ?? 0;

    private static bool IsGone(Exception e) => e is InvalidOperationException or IOException or UnauthorizedAccessException or ArgumentException;
}
