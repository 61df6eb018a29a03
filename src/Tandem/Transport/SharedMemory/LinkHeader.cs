using System.Runtime.InteropServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>The header of the shared region.</summary>
[StructLayout(LayoutKind.Explicit, Size = LinkLayout.HeaderSize)]
internal struct LinkHeader
{
    internal const int MagicValue = 0x444E4154; // "TAND"

    [FieldOffset(0)] internal int Magic;
    [FieldOffset(4)] internal int Version;
    [FieldOffset(8)] internal int SpinMicroseconds;
    [FieldOffset(16)] internal long RequestAreaSize;
    [FieldOffset(24)] internal long ResultAreaSize;

    /// <summary>See <see cref="RobustFutexExitSignal"/>.</summary>
    [FieldOffset(64)] internal int ExitSignal;
}
