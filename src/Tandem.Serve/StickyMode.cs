namespace Tandem.Serve;

/// <summary>How all requests of one client are routed to one worker (<c>--sticky</c>).</summary>
internal enum StickyMode
{
    /// <summary>They are not: any worker may get a connection.</summary>
    None,

    /// <summary>By a cookie that names the worker.</summary>
    Cookie,

    /// <summary>By the address from which the client connects.</summary>
    Address,
}
