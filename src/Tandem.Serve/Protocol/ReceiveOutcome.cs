namespace Tandem.Serve.Protocol;

/// <summary>The result of waiting for a message.</summary>
internal enum ReceiveOutcome
{
    /// <summary>A message arrived.</summary>
    Message,

    /// <summary>No message arrived in time.</summary>
    Nothing,

    /// <summary>The other side is gone.</summary>
    End,
}
