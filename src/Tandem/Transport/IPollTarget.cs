namespace Tandem.Transport;

/// <summary>The item whose answer a caller polls for.</summary>
internal interface IPollTarget
{
    /// <summary>Whether the answer has arrived.</summary>
    bool IsSettled { get; }
}
