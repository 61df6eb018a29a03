using Microsoft.Diagnostics.Runtime;

namespace Tandem.Diagnostics;

/// <summary>A frame without its name.</summary>
internal readonly record struct RawFrame(ulong Address, ulong StackPointer, ClrMethod? Method);
