namespace Tandem.Serve;

/// <summary>By what all requests of one client are brought to one worker (<c>--sticky</c>).</summary>
internal enum StickyMode
{
    /// <summary>Each connection is any worker's.</summary>
    None,

    /// <summary>By a cookie that names the worker.</summary>
    Cookie,

    /// <summary>By the address that the client connects from.</summary>
    Address,
}
