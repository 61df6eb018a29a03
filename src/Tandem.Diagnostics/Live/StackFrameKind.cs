namespace Tandem.Diagnostics;

/// <summary>The kind of a frame.</summary>
internal enum StackFrameKind
{
    /// <summary>A managed method.</summary>
    Managed,

    /// <summary>A function of a native library.</summary>
    Native,
}
