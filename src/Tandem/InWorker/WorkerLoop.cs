using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Telemetry;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// What a worker process does: reads frames, runs items, sends outcomes, until its parent says stop or is gone. With one lane, items
/// run on the thread that reads; with more, each lane has a thread, and the next item is read when a lane is free.
/// </summary>
internal sealed unsafe class WorkerLoop
{
    private readonly ParentLink _link;
    private readonly ActiveItems _active = new();
    private readonly Dictionary<int, Definition> _definitions = [];
    private readonly PayloadReader _reader = new();
    private readonly ItemRunner _runner;
    private readonly Lanes? _lanes;
    private readonly Guest? _guest;
    private object? _state;
    private bool _startupFailed;
    private (int Slot, uint Sequence, byte[] Bytes)? _cultures; // likewise
    private volatile bool _isTold; // to end
    private (int Slot, uint Sequence, ActivityContext Context)? _trace; // announced, for an item that comes next if at all

    /// <param name="link">The parent.</param>
    /// <param name="concurrency">How many items it runs at once.</param>
    /// <param name="guest">What is run for every item, whatever the parent says; null for what it says.</param>
    internal WorkerLoop(ParentLink link, int concurrency, Guest? guest = null)
    {
        _link = link;
        _guest = guest;
        _runner = new ItemRunner(link, _active);
        _lanes = concurrency > 1 ? new Lanes(link, _active, concurrency) : null;
    }

    /// <summary>Runs until the end.</summary>
    internal void Run()
    {
        Background.Thread("Tandem control", 256 * 1024, ListenForControl, _ => OnOrphaned()).UnsafeStart();
        _link.Send(FrameKind.Hello, 0, 0, 0, []);
        while (_link.Receive(out Frame frame))
        {
            Handle(in frame);
            _link.Release();
        }

        // Without having been told to end: what this worker has started must not stay behind.
        if (!_isTold && _guest is null)
            OnOrphaned();
        DisposeState();
    }

    /// <summary>Does what one frame says.</summary>
    internal void Handle(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Define:
                Define(in frame);
                break;

            case FrameKind.Initialize:
                // The initializer, which returns null, and then the state factory. After a failure the parent waits for nothing more.
                InvokeMessage step = ReadMessage(in frame);
                if (!_startupFailed)
                    _startupFailed = !_runner.TryStartUp(Find(step.Callable), frame.Slot, frame.Sequence, in step, _link.ResolvePayload(in frame, in step), out _state);
                break;

            case FrameKind.Invoke:
                // Here, and not on a lane, where nobody would hear of it.
                if (frame.Slot >= FrameHeader.Slots)
                    throw new ProtocolException($"an item in slot {frame.Slot}, which there is not");

                InvokeMessage message = ReadMessage(in frame);
                byte* payload = _link.ResolvePayload(in frame, in message);
                ActivityContext? trace = _trace is { } announced && announced.Slot == frame.Slot && announced.Sequence == frame.Sequence ? announced.Context : null;
                _trace = null;
                byte[]? cultures = _cultures is { } sent && sent.Slot == frame.Slot && sent.Sequence == frame.Sequence ? sent.Bytes : null;
                _cultures = null;
                if (_lanes is null)
                    _runner.Run(Find(message.Callable), _state, frame.Slot, frame.Sequence, in message, payload, trace, cultures);
                else
                    _lanes.Run(Find(message.Callable), _state, frame.Slot, frame.Sequence, in message, payload, trace, cultures);
                break;

            case FrameKind.Culture when frame.Slot == FrameHeader.StartupSlot:
                SetDefaults(in frame);
                break;

            case FrameKind.Culture:
                _cultures = (frame.Slot, frame.Sequence, new ReadOnlySpan<byte>(frame.Body, frame.BodyLength).ToArray());
                break;

            case FrameKind.Trace:
                _trace = TraceFrame.TryRead(new ReadOnlySpan<byte>(frame.Body, frame.BodyLength), out ActivityContext context) ? (frame.Slot, frame.Sequence, context) : null;
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
            throw new ProtocolException($"cultures that make no sense: {e.Message}");
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
            // The parent's types may not exist here, and need not.
            if (_guest is not null)
            {
                _definitions[number] = new Definition(Callable.Of(_guest.Work, PlainForm<Nothing>.Instance));
                return;
            }

            _reader.Begin(frame.Body, frame.BodyLength);
            Callable callable = Callable.ReadDefinition(_reader);
            _definitions[number] = new Definition(callable);
            if (frame.Extra == FrameHeader.Ahead)
                GetReady(callable);
        }
        catch (Exception e)
        {
            // The items that use it are told.
            _definitions[number] = new Definition(e);
        }
    }

    /// <summary>Has what a call of this needs compiled while there is time.</summary>
    private static void GetReady(Callable callable)
    {
        try
        {
            callable.Prepare();
        }
        catch (Exception)
        {
            // The call itself will say what is wrong with it, if anything is.
        }
    }

    private Definition Find(int number) =>
        _definitions.TryGetValue(number, out Definition? definition)
            ? definition
            : throw new ProtocolException($"method {number} was not defined");

    private void ListenForControl()
    {
        _link.EnrolThread();
        ParentDeath.ArmContinue();
        while (_link.ReceiveControl(out Frame frame))
        {
            if (frame.Kind == FrameKind.Cancel)
            {
                _active.Cancel(frame.Slot, frame.Sequence, frame.Extra);
            }
            else if (frame.Kind == FrameKind.Stop)
            {
                _isTold = true;
                _link.Stop();
            }
        }

        OnOrphaned();
    }

    /// <summary>The parent is gone, or cannot be heard: nobody waits for what still runs, and it must not run on for ever.</summary>
    private void OnOrphaned()
    {
        if (_guest is null)
            WorkerHost.EndAsOrphan();
        else
            _guest.OnOrphaned();
    }

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
