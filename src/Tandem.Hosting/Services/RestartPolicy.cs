namespace Tandem.Hosting;

/// <summary>
/// Whether a service that has ended is started again, in the words of Erlang's supervisors
/// (https://www.erlang.org/doc/system/sup_princ.html).
/// </summary>
public enum RestartPolicy
{
    /// <summary>Always, also when it has ended by itself without an error. The default.</summary>
    Permanent,

    /// <summary>After an error or a crash only.</summary>
    Transient,

    /// <summary>Never.</summary>
    Temporary,
}

/// <summary>What the restart of one service means for the others of its supervisor, in the words of Erlang's supervisors.</summary>
public enum SupervisionStrategy
{
    /// <summary>Nothing. The default.</summary>
    OneForOne,

    /// <summary>All of them are stopped, in reverse order, and started again.</summary>
    OneForAll,

    /// <summary>Those that were registered after it are stopped, in reverse order, and started again.</summary>
    RestForOne,
}
