namespace Tandem.Transport;

/// <summary>What a polling caller waits for.</summary>
internal interface IPollTarget
{
    /// <summary>Whether the answer is there.</summary>
    bool IsSettled { get; }
}
