using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Tandem.Serve.Worker;

/// <summary>
/// A request that may take only so long (--request-timeout). The time counts from when the application gets it, and again from each part of a body that
/// it takes or sends; not while it waits for its client. It stands in for the features of the server that it has to know of.
/// </summary>
/// <remarks>
/// Whose the response is, is decided once, by compare-and-set: the application's by the first thing that it does to the body, or this class's, which
/// answers 504. What looks at it from outside does so under its lock and only until it has ended: the server uses the same objects for the next request.
/// </remarks>
internal sealed class LimitedRequest : IHttpRequestLifetimeFeature, IHttpResponseBodyFeature, IHttpRequestTimeoutFeature
{
    private const int Nobodys = 0;
    private const int Applications = 1;
    private const int Ours = 2;

    /// <summary>In how many looks a thread must run code of a request that should have ended, where it does not stay there all the time.</summary>
    private const int MostSightings = 8;

    private const int LongestName = 200;

    private readonly Lock _lock = new();
    private readonly RequestWatch _watch;
    private readonly HttpContext _context;
    private readonly TrackedConnection _connection;
    private readonly bool _isStream;

    // The server's own, which can be read from other threads: the context's ways to them cannot.
    private readonly IFeatureCollection _features;
    private readonly IHttpRequestFeature _request;
    private readonly IHttpResponseFeature _head;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly long _beganAt = Environment.TickCount64;
    private CancellationTokenSource? _aborted;
    private CancellationToken? _replaced; // the application's own token
    private TaskCompletionSource? _answer;
    private ClientStream? _stream;
    private ClientWriter? _writer;
    private long _movedAt;
    private long _overSince; // in milliseconds; 0 before
    private int _response;
    private int _waits; // for the client
    private int _sightings;
    private bool _hasEnded;
    private bool _isGivenUp;
    private bool _isReported;
    private volatile bool _isUnlimited;

    internal LimitedRequest(RequestWatch watch, HttpContext context, TrackedConnection connection, bool isStream)
    {
        (_watch, _context, _connection, _isStream, _features, _movedAt) = (watch, context, connection, isStream, context.Features, _beganAt);
        _request = _features.GetRequiredFeature<IHttpRequestFeature>();
        _head = _features.GetRequiredFeature<IHttpResponseFeature>();
        _body = _features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _lifetime = _features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
    }

    /// <summary>Stands for it in execution contexts, which may live for longer than what it refers to should.</summary>
    internal object Key { get; } = new();

    // Neighbours in the watch's list.
    internal LimitedRequest? Previous { get; set; }

    internal LimitedRequest? Next { get; set; }

    /// <summary>In which of the watch's lists it is.</summary>
    internal int Shard { get; set; }

    private bool IsOver => Volatile.Read(ref _overSince) != 0;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get => _replaced ?? Token();
        set => _replaced = value;
    }

    Stream IHttpResponseBodyFeature.Stream => _stream ??= new ClientStream(this, _body.Stream);

    PipeWriter IHttpResponseBodyFeature.Writer => _writer ??= new ClientWriter(this, _body.Writer);

    /// <summary>Runs the application for it.</summary>
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
            isCanceled = true; // as it was told to
        }
        catch (InvalidOperationException) when (Volatile.Read(ref _response) == Ours)
        {
            // It has come to its answer, and found that there is one already.
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

        // 499 is what the framework's exception handlers make of a request that was aborted.
        if (IsOver && Volatile.Read(ref _response) == Nobodys && !_head.HasStarted && (isCanceled || _head.StatusCode == StatusCodes.Status499ClientClosedRequest))
            SetTimedOut();
    }

    /// <summary>Looks whether it takes too long. On the watch's thread.</summary>
    internal void Look(long now)
    {
        bool isBegun;
        lock (_lock)
        {
            if (_hasEnded)
                return;
            if (_overSince != 0)
            {
                LookAtOver(now);
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
            isBegun = _head.HasStarted || Volatile.Read(ref _response) == Applications;
            _watch.OnOver(Describe(now));
        }

        if (isBegun)
            _watch.Aborts.Add(Abort);
        _watch.Aborts.Add(CancelToken);
    }

    /// <summary>What it does to the response, or reads of the request: it goes on.</summary>
    /// <exception cref="OperationCanceledException">It took too long, and was answered without the application.</exception>
    internal void OnMoved(bool isResponse)
    {
        Volatile.Write(ref _movedAt, Environment.TickCount64);
        if (isResponse && Volatile.Read(ref _response) != Applications && Interlocked.CompareExchange(ref _response, Applications, Nobodys) == Ours)
            throw new OperationCanceledException("The request took longer than it may (--request-timeout of `tandem serve`), and was answered without the application.", Token());
    }

    /// <summary>From now until <see cref="OnWaited"/> it is its client that takes the time.</summary>
    internal void OnWaits() => Interlocked.Increment(ref _waits);

    internal void OnWaited()
    {
        Volatile.Write(ref _movedAt, Environment.TickCount64);
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

    /// <summary>Made when somebody asks for it: few applications do.</summary>
    private CancellationToken Token()
    {
        lock (_lock)
        {
            if (_aborted is null)
            {
                CancellationToken client = _hasEnded ? CancellationToken.None : _lifetime.RequestAborted;
                _aborted = CancellationTokenSource.CreateLinkedTokenSource(client);
                if (IsOver)
                    _aborted.Cancel(); // nobody has registered anything with it
            }

            return _aborted.Token;
        }
    }

    /// <summary>
    /// Whether it is one that goes on by its nature: what was upgraded, such as a web socket, events of a server, streams of gRPC, which have limits of their own; or
    /// one that the application says is not limited.
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

    /// <summary>It was told to end.</summary>
    private void LookAtOver(long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (now - _overSince < _watch.Grace)
            return;

        if (!_isGivenUp)
        {
            _isGivenUp = true;
            _connection.GiveUpRequest(_isStream);
            _watch.OnGivenUp(1);
            if (!_head.HasStarted && Interlocked.CompareExchange(ref _response, Ours, Nobodys) == Nobodys)
            {
                _answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _watch.Aborts.Add(() => _ = AnswerAsync());
            }
            else
            {
                _watch.Aborts.Add(Abort); // the application has begun an answer, and does not end it
            }
        }

        if (_isReported || RequestThreads.Of(Key) is not { } thread || (Volatile.Read(ref thread.Since) > _overSince && ++_sightings < MostSightings))
            return;

        _isReported = true;
        _watch.OnStuck(thread.Id, Describe(now));
    }

    /// <summary>Answers in place of the application, which does not. It may not touch the response any more.</summary>
    private async Task AnswerAsync()
    {
        try
        {
            SetTimedOut();
            if (HttpProtocol.IsHttp11(_request.Protocol) || HttpProtocol.IsHttp10(_request.Protocol))
                _head.Headers.Connection = "close"; // the connection is not free as long as the request goes on

            await _body.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The client has gone, or the application was at the headers at this very moment.
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

    /// <summary>Its connection is cut, or its stream where there are several.</summary>
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

        aborted?.Cancel(); // not disposed, because the application may have it still
    }

    /// <returns>What is to be waited for.</returns>
    private Task? End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            if (_isGivenUp)
            {
                _connection.TakeBackRequest(_isStream);
                _watch.OnGivenUp(-1);
            }

            return _answer?.Task;
        }
    }

    /// <summary>Which it is, for people; without its query, which may be secret.</summary>
    private string Describe(long now)
    {
        string path = $"{_request.Method} {(_request.Path is ['/', ..] and var local ? new PathString(local).ToUriComponent() : "")}";
        return string.Create(
            CultureInfo.InvariantCulture, $"{(path.Length > LongestName ? path[..LongestName] + "…" : path)}, {(now - _beganAt) / 1000.0:0.0} s");
    }
}
