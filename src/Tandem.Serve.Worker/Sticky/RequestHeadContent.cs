namespace Tandem.Serve.Worker.Sticky;

/// <summary>What <see cref="RequestHead"/> found.</summary>
internal enum RequestHeadContent
{
    /// <summary>More is to come, which may have it.</summary>
    Incomplete,

    /// <summary>None, or something that cannot be looked into.</summary>
    NoCookie,

    /// <summary>The cookie.</summary>
    Cookie,
}
