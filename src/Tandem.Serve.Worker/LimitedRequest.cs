using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Tandem.Serve.Worker;

/// <summary>
/// A request with a time limit (--request-timeout). The time starts when the application gets the request, and starts again with each part
/// of a body that it reads or writes. It stops while the application waits for its client. This class replaces the server's features that
/// it has to observe.
/// </summary>
/// <remarks>
/// Whether the application or this class owns the response is decided once, by compare-and-set: the application, by its first operation on
/// the body, or this class, which answers 504. Other threads access the request only under its lock and only until it has ended, because
/// the server reuses the same objects for the next request.
/// </remarks>
internal sealed class LimitedRequest : IHttpRequestLifetimeFeature, IHttpResponseBodyFeature, IHttpRequestTimeoutFeature
{
    private const int Undecided = 0;
    private const int Application = 1;
    private const int Ours = 2;

    /// <summary>
    /// If no thread runs the code of the request all the time, the request counts as holding a thread after this many checks in which one
    /// did.
    /// </summary>
    private const int MaxSightings = 8;

    private const int MaxName = 200;

    private readonly Lock _lock = new(); // guards the fields below, unless they are accessed atomically, and _hasEnded
    private readonly RequestWatch _watch;
    private readonly HttpContext _context;
    private readonly TrackedConnection _connection;
    private readonly bool _isStream;

    // The server's feature objects. Other threads may read these, but not the context's properties.
    private readonly IFeatureCollection _features;
    private readonly IHttpRequestFeature _request;
    private readonly IHttpResponseFeature _head;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly long _beganAt; // when it began, in milliseconds
    private CancellationTokenSource? _aborted; // created when the application asks for the token
    private CancellationToken? _replaced; // the token that the application has set instead
    private TaskCompletionSource? _answer; // completes when the 504 was sent; null if this class does not answer
    private ClientStream? _stream;
    private ClientWriter? _writer;
    private long _movedAt; // when a part of a body was last read or written, in milliseconds
    private long _overSince; // when the limit was exceeded, in milliseconds; 0 before
    private int _response; // the owner of the response: one of the constants above
    private int _waits; // how many operations wait for the client
    private int _sightings; // in how many checks a thread ran its code after the grace
    private bool _hasEnded; // whether the application has finished it
    private bool _isStuck; // whether it still ran after the grace
    private bool _isReported; // whether it was reported to hold a thread
    private volatile bool _isUnlimited; // whether the limit does not apply

    internal LimitedRequest(RequestWatch watch, HttpContext context, TrackedConnection connection, bool isStream)
    {
        _beganAt = watch.Now;
        (_watch, _context, _connection, _isStream, _features, _movedAt) =
            (watch, context, connection, isStream, context.Features, _beganAt);
        _request = _features.GetRequiredFeature<IHttpRequestFeature>();
        _head = _features.GetRequiredFeature<IHttpResponseFeature>();
        _body = _features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _lifetime = _features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
    }

    /// <summary>Represents the request in execution contexts. These may live longer than the objects of the request should.</summary>
    internal object Key { get; } = new();

    // The neighbours in the watch's list.
    internal LimitedRequest? Previous { get; set; }

    internal LimitedRequest? Next { get; set; }

    /// <summary>The index of the watch's list that contains it.</summary>
    internal int Shard { get; set; }

    private bool IsOver => Volatile.Read(ref _overSince) != 0;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get => _replaced ?? Token();
        set => _replaced = value;
    }

    Stream IHttpResponseBodyFeature.Stream => _stream ??= new ClientStream(this, _body.Stream);

    PipeWriter IHttpResponseBodyFeature.Writer => _writer ??= new ClientWriter(this, _body.Writer);

    /// <summary>Runs the application for this request.</summary>
    internal async Task RunAsync(RequestDelegate next)
    {
        _features.Set<IHttpRequestLifetimeFeature>(this);
        _features.Set<IHttpResponseBodyFeature>(this);
        _features.Set<IHttpRequestTimeoutFeature>(this);
        if (_features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            && _features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }
            && _features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            _context.Request.Body = new ClientStream(this, _context.Request.Body, isResponse: false);
        }

        _watch.Add(this);
        bool isCanceled = false;
        try
        {
            RequestThreads.Enter(Key);
            await next(_context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsOver)
        {
            isCanceled = true; // because it was aborted
        }
        catch (InvalidOperationException) when (Volatile.Read(ref _response) == Ours)
        {
            // The application tried to respond, and found the response already sent.
        }
        finally
        {
            _watch.Remove(this);
            if (End() is { } answer)
                await answer.ConfigureAwait(false);

            _features.Set(_lifetime);
            _features.Set(_body);
            _features.Set<IHttpRequestTimeoutFeature>(null);
        }

        // The framework's exception handlers answer 499 for an aborted request.
        if (IsOver && Volatile.Read(ref _response) == Undecided && !_head.HasStarted
            && (isCanceled || _head.StatusCode == StatusCodes.Status499ClientClosedRequest))
        {
            SetTimedOut();
        }
    }

    /// <summary>Checks the time limit. Called on the watch's thread.</summary>
    internal void Check(long now)
    {
        bool isBegun;
        lock (_lock)
        {
            if (_hasEnded)
                return;
            if (_overSince != 0)
            {
                CheckOverdue(now);
                return;
            }

            if (_isUnlimited || Volatile.Read(ref _waits) > 0 || now - Volatile.Read(ref _movedAt) < _watch.Limit)
                return;
            if (IsStream())
            {
                _isUnlimited = true;
                return;
            }

            Volatile.Write(ref _overSince, now);
            isBegun = _head.HasStarted || Volatile.Read(ref _response) == Application;
            _watch.OnOver(Describe(now));
        }

        if (isBegun)
            _watch.Aborts.Add(Abort);
        _watch.Aborts.Add(CancelToken);
    }

    /// <summary>Called when the application reads from the request or uses the response: the time limit starts again.</summary>
    /// <exception cref="OperationCanceledException">The request exceeded its limit, and was answered without the application.</exception>
    internal void OnMoved(bool isResponse)
    {
        Volatile.Write(ref _movedAt, _watch.Now);
        if (isResponse && Volatile.Read(ref _response) != Application
            && Interlocked.CompareExchange(ref _response, Application, Undecided) == Ours)
        {
            throw new OperationCanceledException(
                "The request exceeded its time limit (--request-timeout of `tandem serve`), and was answered without the application.",
                Token());
        }
    }

    /// <summary>Called when the application begins to wait for the client; <see cref="OnWaited"/> ends the wait.</summary>
    internal void OnWaits() => Interlocked.Increment(ref _waits);

    internal void OnWaited()
    {
        Volatile.Write(ref _movedAt, _watch.Now);
        Interlocked.Decrement(ref _waits);
    }

    void IHttpRequestLifetimeFeature.Abort() => _lifetime.Abort();

    void IHttpRequestTimeoutFeature.DisableTimeout() => _isUnlimited = true;

    CancellationToken IHttpRequestTimeoutFeature.RequestTimeoutToken => Token();

    void IHttpResponseBodyFeature.DisableBuffering() => _body.DisableBuffering();

    async Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken)
    {
        OnMoved(isResponse: true);
        OnWaits();
        try
        {
            await _body.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            OnWaited();
        }
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        SendFileFallback.SendFileAsync(((IHttpResponseBodyFeature)this).Stream, path, offset, count, cancellationToken);

    async Task IHttpResponseBodyFeature.CompleteAsync()
    {
        OnMoved(isResponse: true);
        OnWaits();
        try
        {
            await _body.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            OnWaited();
        }
    }

    /// <summary>
    /// The token that is cancelled when the request is aborted. It is created on demand, because few applications use it.
    /// </summary>
    private CancellationToken Token()
    {
        lock (_lock)
        {
            if (_aborted is null)
            {
                CancellationToken client = _hasEnded ? CancellationToken.None : _lifetime.RequestAborted;
                _aborted = CancellationTokenSource.CreateLinkedTokenSource(client);
                if (IsOver)
                    _aborted.Cancel(); // no callback is registered yet
            }

            return _aborted.Token;
        }
    }

    /// <summary>
    /// Whether the request is endless by its nature (an upgraded connection such as a web socket, server-sent events, or a gRPC stream,
    /// which has its own deadline), or the application says that it has no limit.
    /// </summary>
    private bool IsStream()
    {
        if (_features.Get<IEndpointFeature>()?.Endpoint?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is not null)
            return true;
        if (!_head.HasStarted)
            return false;

        string? type = _head.Headers.ContentType.ToString();
        return _head.StatusCode == StatusCodes.Status101SwitchingProtocols
            || _features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
            || Begins(type, "text/event-stream")
            || Begins(type, "application/grpc")
            || Begins(type, "multipart/x-mixed-replace");
    }

    private static bool Begins(string? type, string with) => type?.StartsWith(with, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>
    /// Handles a request that was aborted: after the grace, answers it or aborts its connection, and reports it if it holds a thread.
    /// </summary>
    private void CheckOverdue(long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (now - _overSince < _watch.Grace)
            return;

        if (!_isStuck)
        {
            _isStuck = true;
            _connection.MarkStuck(_isStream);
            _watch.OnStuckChanged(1);
            if (!_head.HasStarted && Interlocked.CompareExchange(ref _response, Ours, Undecided) == Undecided)
            {
                _answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _watch.Aborts.Add(() => _ = AnswerAsync());
            }
            else
            {
                _watch.Aborts.Add(Abort); // the application has begun a response, and does not finish it
            }
        }

        if (_isReported || RequestThreads.Of(Key) is not { } thread
            || (Volatile.Read(ref thread.Since) > _overSince && ++_sightings < MaxSightings))
        {
            return;
        }

        _isReported = true;
        _watch.OnStuck(thread.Id, Describe(now));
    }

    /// <summary>Answers 504 in place of the application, which can no longer use the response.</summary>
    private async Task AnswerAsync()
    {
        try
        {
            SetTimedOut();
            if (HttpProtocol.IsHttp11(_request.Protocol) || HttpProtocol.IsHttp10(_request.Protocol))
                _head.Headers.Connection = "close"; // the connection cannot be reused while the request runs

            await _body.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The client is gone, or the application was changing the headers at this very moment.
            _lifetime.Abort();
        }
        finally
        {
            _answer!.SetResult();
        }
    }

    private void SetTimedOut()
    {
        _head.Headers.Clear();
        _head.ReasonPhrase = null;
        _head.StatusCode = StatusCodes.Status504GatewayTimeout;
    }

    /// <summary>Aborts the connection, or with HTTP/2 the stream.</summary>
    private void Abort()
    {
        lock (_lock)
        {
            if (!_hasEnded)
                _lifetime.Abort();
        }
    }

    private void CancelToken()
    {
        CancellationTokenSource? aborted;
        lock (_lock)
            aborted = _hasEnded ? null : _aborted;

        aborted?.Cancel(); // not disposed, because the application may still use it
    }

    /// <returns>A task to wait for; null if there is none.</returns>
    private Task? End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            if (_isStuck)
            {
                _connection.UnmarkStuck(_isStream);
                _watch.OnStuckChanged(-1);
            }

            return _answer?.Task;
        }
    }

    /// <summary>Describes the request for users, without its query, which may contain secrets.</summary>
    private string Describe(long now)
    {
        string path = $"{_request.Method} {(_request.Path is ['/', ..] and var local ? new PathString(local).ToUriComponent() : "")}";
        return string.Create(
            CultureInfo.InvariantCulture, $"{(path.Length > MaxName ? path[..MaxName] + "…" : path)}, {(now - _beganAt) / 1000.0:0.0} s");
    }
}
