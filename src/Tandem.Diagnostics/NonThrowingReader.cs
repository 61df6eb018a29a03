using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.DataReaders.Implementation;

namespace Tandem.Diagnostics;

/// <summary>
/// Reads another process, and returns nothing if that process is gone. The debugging library calls this from native code, through which no
/// exception may pass: an exception would terminate this process because the other one has exited.
/// </summary>
internal sealed class NonThrowingReader(IDataReader inner) : DelegatingReader(inner), IThreadReader
{
    public override bool GetThreadContext(uint threadID, uint contextFlags, Span<byte> context)
    {
        try
        {
            return Inner.GetThreadContext(threadID, contextFlags, context);
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    public override int Read(ulong address, Span<byte> buffer)
    {
        try
        {
            return Inner.Read(address, buffer);
        }
        catch (Exception e) when (IsGone(e))
        {
            return 0;
        }
    }

    public IEnumerable<uint> EnumerateOSThreadIds() => (Inner as IThreadReader)?.EnumerateOSThreadIds() ?? [];

    public ulong GetThreadTeb(uint osThreadId) => (Inner as IThreadReader)?.GetThreadTeb(osThreadId) ?? 0;

    private static bool IsGone(Exception e) =>
        e is InvalidOperationException or IOException or UnauthorizedAccessException or ArgumentException;
}
