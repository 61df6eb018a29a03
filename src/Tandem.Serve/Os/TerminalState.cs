namespace Tandem.Serve.Os;

/// <summary>The state of the terminal from which the server was started.</summary>
internal enum TerminalState
{
    /// <summary>The terminal exists, there never was one, or its end was already reported.</summary>
    Unchanged,

    /// <summary>The terminal was closed, and a HUP reported it.</summary>
    HungUp,

    /// <summary>The terminal is gone, and no signal reported it.</summary>
    Gone,
}
