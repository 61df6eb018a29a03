namespace Tandem.Serve.Worker.Sticky;

/// <summary>What <see cref="RequestHead"/> found.</summary>
internal enum RequestHeadContent
{
    /// <summary>The head is incomplete, and the rest may contain the cookie.</summary>
    Incomplete,

    /// <summary>There is no cookie, or the data cannot be parsed.</summary>
    NoCookie,

    /// <summary>The head contains the cookie.</summary>
    Cookie,
}
