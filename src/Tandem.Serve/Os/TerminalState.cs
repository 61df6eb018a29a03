namespace Tandem.Serve.Os;

/// <summary>What has become of the terminal on which the server was started.</summary>
internal enum TerminalState
{
    /// <summary>It is there, or there was none, or what became of it is known already.</summary>
    Unchanged,

    /// <summary>It was closed, and a HUP has said so.</summary>
    HungUp,

    /// <summary>It has gone, and nobody has said anything about it.</summary>
    Gone,
}
