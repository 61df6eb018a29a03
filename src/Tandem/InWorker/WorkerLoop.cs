using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Telemetry;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// The main loop of a worker process: reads frames, runs items and sends outcomes, until its parent asks it to stop or exits. With one
/// lane, items run on the thread that reads; with several, each lane has a thread, and the next item is read when a lane is free.
/// </summary>
internal sealed unsafe class WorkerLoop
{
    private readonly ParentLink _link;
    private readonly ActiveItems _active = new();
    private readonly Dictionary<int, Definition> _definitions = []; // by number
    private readonly PayloadReader _reader = new();
    private readonly ItemRunner _runner;
    private readonly Lanes? _lanes; // null if items run on this thread
    private readonly WorkerKind _kind;
    private object? _state; // what the state factory returned
    private bool _startupFailed;
    private (int Slot, uint Sequence, byte[] Bytes)? _cultures; // of the next item, which may not follow
    private volatile bool _isStopRequested; // whether the parent has asked this worker to stop
    private (int Slot, uint Sequence, ActivityContext Context)? _trace; // of the next item, which may not follow

    /// <param name="link">The connection to the parent.</param>
    /// <param name="concurrency">How many items run concurrently.</param>
    /// <param name="kind">What the process is; null for a worker that runs what the parent defines.</param>
    internal WorkerLoop(ParentLink link, int concurrency, WorkerKind? kind = null)
    {
        _link = link;
        _kind = kind ?? CallWorker.Instance;
        _runner = new ItemRunner(link, _active);
        _lanes = concurrency > 1 ? new Lanes(link, _active, concurrency) : null;
    }

    /// <summary>Called for a method that the parent has defined ahead of the first item that needs it. Does not throw.</summary>
    internal Action<RemoteMethod>? OnDefinedAhead { get; init; }

    /// <summary>Runs until the worker is to exit.</summary>
    internal void Run()
    {
        Background.Thread("Tandem control", 256 * 1024, ListenForControl, _ => _kind.OnOrphaned()).UnsafeStart();
        _link.Send(FrameKind.Hello, 0, 0, 0, []);
        while (_link.Receive(out Frame frame))
        {
            Handle(in frame);
            _link.Release();
        }

        if (!_isStopRequested)
            _kind.OnDisconnected();
        DisposeState();
    }

    /// <summary>Handles one frame.</summary>
    internal void Handle(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Define:
                Define(in frame);
                break;

            case FrameKind.Initialize:
                // The initializer, which returns null, and then the state factory. After a failure the parent waits for no further step.
                InvokeMessage step = ReadMessage(in frame);
                if (!_startupFailed)
                    _startupFailed = !_runner.TryStartUp(
                        Find(step.RemoteMethod), frame.Slot, frame.Sequence, in step, _link.ResolvePayload(in frame, in step), out _state);
                break;

            case FrameKind.Invoke:
                // Check here: on a lane, the exception would not end the worker loop.
                if (frame.Slot >= FrameHeader.Slots)
                    throw new ProtocolException($"an item in slot {frame.Slot}, which does not exist");

                InvokeMessage message = ReadMessage(in frame);
                byte* payload = _link.ResolvePayload(in frame, in message);
                ActivityContext? trace = _trace is { } announced && announced.Slot == frame.Slot && announced.Sequence == frame.Sequence
                    ? announced.Context : null;
                _trace = null;
                byte[]? cultures = _cultures is { } sent && sent.Slot == frame.Slot && sent.Sequence == frame.Sequence ? sent.Bytes : null;
                _cultures = null;
                if (_lanes is null)
                    _runner.Run(Find(message.RemoteMethod), _state, frame.Slot, frame.Sequence, in message, payload, trace, cultures);
                else
                    _lanes.Run(Find(message.RemoteMethod), _state, frame.Slot, frame.Sequence, in message, payload, trace, cultures);
                break;

            case FrameKind.Culture when frame.Slot == FrameHeader.StartupSlot:
                SetDefaults(in frame);
                break;

            case FrameKind.Culture:
                _cultures = (frame.Slot, frame.Sequence, new ReadOnlySpan<byte>(frame.Body, frame.BodyLength).ToArray());
                break;

            case FrameKind.Trace:
                _trace = TraceFrame.TryRead(new ReadOnlySpan<byte>(frame.Body, frame.BodyLength), out ActivityContext context)
                    ? (frame.Slot, frame.Sequence, context) : null;
                break;

            default:
                throw new ProtocolException($"the parent sent a frame of kind {frame.Kind}");
        }
    }

    private static void SetDefaults(in Frame frame)
    {
        try
        {
            Cultures cultures = Cultures.Read(new ReadOnlySpan<byte>(frame.Body, frame.BodyLength));
            System.Globalization.CultureInfo.DefaultThreadCurrentCulture = cultures.Culture;
            System.Globalization.CultureInfo.DefaultThreadCurrentUICulture = cultures.UICulture;
        }
        catch (Exception e)
        {
            throw new ProtocolException($"the cultures cannot be read: {e.Message}");
        }
    }

    private void Define(in Frame frame)
    {
        if (frame.BodyLength < sizeof(int))
            throw new ProtocolException("a definition without a number");

        int number = *(int*)frame.Body;
        if (number is < 0 or > 1 << 24)
            throw new ProtocolException($"a definition with the number {number}");

        try
        {
            _reader.Begin(frame.Body, frame.BodyLength);
            RemoteMethod remoteMethod = _kind.ReadDefinition(_reader);
            _definitions[number] = new Definition(remoteMethod);
            if (frame.Extra == FrameHeader.Ahead)
                OnDefinedAhead?.Invoke(remoteMethod);
        }
        catch (Exception e)
        {
            // The items that use the method fail with this exception.
            _definitions[number] = new Definition(e);
        }
    }

    private Definition Find(int number) =>
        _definitions.TryGetValue(number, out Definition? definition)
            ? definition
            : throw new ProtocolException($"method {number} was not defined");

    private void ListenForControl()
    {
        _link.RegisterThread();
        ParentDeath.ArmContinue();
        while (_link.ReceiveControl(out Frame frame))
        {
            if (frame.Kind == FrameKind.Cancel)
            {
                _active.Cancel(frame.Slot, frame.Sequence, frame.Extra);
            }
            else if (frame.Kind == FrameKind.Taken)
            {
                _active.OnTaken(frame.Slot, frame.Sequence, frame.Extra == FrameHeader.AllTaken);
            }
            else if (frame.Kind == FrameKind.Stop)
            {
                _isStopRequested = true;
                _link.Stop();
            }
        }

        _kind.OnOrphaned();
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A dedicated thread, which ends after this.")]
    private void DisposeState()
    {
        if (_state is IAsyncDisposable asynchronous)
            asynchronous.DisposeAsync().AsTask().GetAwaiter().GetResult();
        else if (_state is IDisposable disposable)
            disposable.Dispose();
    }

    private static InvokeMessage ReadMessage(in Frame frame) => frame.BodyLength >= InvokeMessage.Size
        ? *(InvokeMessage*)frame.Body
        : throw new ProtocolException($"an invocation of {frame.BodyLength} bytes");
}
