using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.LoadClient;

/// <summary>What load is put on a server.</summary>
public sealed record LoadOptions
{
    /// <summary>Where the server listens.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>How connections are used.</summary>
    public LoadMode Mode { get; init; } = LoadMode.KeepAlive;

    /// <summary>The server's certificate, where connections are encrypted: this very one, whoever issued it. Null for no encryption.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The requests, which each client sends in turn.</summary>
    public IReadOnlyList<LoadRequest> Requests { get; init; } = [LoadRequest.Plaintext];

    /// <summary>How many clients there are; each has one connection at a time.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>How many requests of a client are under way at a time, where the mode allows for more than one.</summary>
    public int Depth { get; init; } = 8;

    /// <summary>After how many requests the load ends; null for no limit.</summary>
    public long? Count { get; init; }

    /// <summary>When the load ends; null for no limit. Requests that are under way then are still waited for.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>
    /// From the start of a client's request to the start of its next; null for as fast as it can. A request that starts late, because
    /// the one before it took long, counts from when it should have started: waiting for a server is not hidden. Not in all modes:
    /// for one request at a time.
    /// </summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>
    /// From the end of a client's request to the start of its next, on a connection that is kept, exactly; null for none. Before such a client
    /// sends, it looks whether the server has closed the connection, as clients do, and makes another one then.
    /// </summary>
    public TimeSpan? Pause { get; init; }

    /// <summary>
    /// Whether a client of <see cref="LoadMode.KeepAlive"/> does what HTTP clients usually do (RFC 9112, 9.3.1): it looks whether the server has closed
    /// a kept connection before it uses it, and when the connection ends before any byte of the answer, it sends the request again on a new one. Such
    /// requests are counted by <see cref="LoadResult.Resent"/>; the second attempt fails as any other. By default nothing is sent again.
    /// </summary>
    public bool SendsAgain { get; init; }

    /// <summary>
    /// Whether a client of <see cref="LoadMode.KeepAlive"/> looks, before it uses a kept connection, whether the server has closed it, as HTTP clients
    /// do; without a break between requests that costs more than it tells. Implied by <see cref="Interval"/>, <see cref="Pause"/> and <see cref="SendsAgain"/>.
    /// </summary>
    public bool LooksFirst { get; init; }

    /// <summary>Hears of each attempt, in modes with one request at a time; from several threads at once.</summary>
    public Action<Attempt>? Observer { get; init; }

    /// <summary>After how long without a complete answer a request is given up, which makes it a failure.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    internal bool Tls => Certificate is not null;

    /// <summary>How the other end is told from a stranger, also where it has issued its certificate itself.</summary>
    internal SslClientAuthenticationOptions Authentication => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented is not null && Certificate is { } certificate && presented.GetRawCertData().AsSpan().SequenceEqual(certificate.RawDataMemory.Span),
    };
}
