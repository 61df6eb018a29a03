using System.Diagnostics;
using System.Runtime.InteropServices;
using Tandem.BackgroundWork;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// The threads of a worker that runs several items concurrently. The reading thread waits for a free lane before it passes on an item.
/// </summary>
internal sealed unsafe class Lanes
{
    private readonly SemaphoreSlim _free; // counts the idle lanes
    private readonly Queue<Lane> _idle = new(); // guarded by itself

    internal Lanes(OutcomeLink link, ActiveItems active, int count)
    {
        _free = new SemaphoreSlim(count);
        for (int i = 0; i < count; i++)
            _idle.Enqueue(new Lane(this, new ItemRunner(link, active), i));
    }

    internal void Run(
        Definition definition, object? state, int slot, uint sequence, in InvokeMessage message, byte* payload,
        ActivityContext? trace, byte[]? cultures)
    {
        _free.Wait();
        Lane lane;
        lock (_idle)
            lane = _idle.Dequeue();

        lane.Give(definition, state, slot, sequence, in message, payload, trace, cultures);
    }

    private void Return(Lane lane)
    {
        lock (_idle)
            _idle.Enqueue(lane);
        _free.Release();
    }

    private sealed class Lane
    {
        private readonly Lanes _owner;
        private readonly ItemRunner _runner;
        private readonly SemaphoreSlim _given = new(0); // released when the fields below describe an item
        private Definition? _definition;
        private object? _state;
        private int _slot;
        private uint _sequence;
        private InvokeMessage _message;
        private byte* _payload;
        private byte* _copy; // this lane's copy of an inline payload; null for none
        private ActivityContext? _trace;
        private byte[]? _cultures;

        internal Lane(Lanes owner, ItemRunner runner, int number)
        {
            _owner = owner;
            _runner = runner;
            Background.Thread($"Tandem lane {number}", 0, Loop, WorkerHost.End).UnsafeStart();
        }

        internal void Give(
            Definition definition, object? state, int slot, uint sequence, in InvokeMessage message, byte* payload,
            ActivityContext? trace, byte[]? cultures)
        {
            _definition = definition;
            _state = state;
            _slot = slot;
            _sequence = sequence;
            _message = message;
            _payload = payload;
            _trace = trace;
            _cultures = cultures;
            if (message.InArea == 0 && message.Length > 0)
            {
                // The caller releases the frame's bytes as soon as it has read the frame, so copy them.
                _copy = (byte*)NativeMemory.Alloc((nuint)message.Length);
                Buffer.MemoryCopy(payload, _copy, message.Length, message.Length);
                _payload = _copy;
            }

            _given.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _given.Wait();
                _runner.Run(_definition!, _state, _slot, _sequence, in _message, _payload, _trace, _cultures);
                NativeMemory.Free(_copy);
                _copy = null;
                _owner.Return(this);
            }
        }
    }
}
