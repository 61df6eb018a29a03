using Tandem.InWorker;
using Tandem.Processes;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Imitation;

/// <summary>A worker's state, shared by what it runs at once. Built by the first item; what failed is tried again by the next one.</summary>
internal sealed class ImitationState(ImitationEngine engine)
{
    private readonly Lock _lock = new();
    private object? _value;
    private bool _isBuilt;

    /// <summary>Under the engine's lock.</summary>
    internal int Users { get; set; }

    internal unsafe object? Build(ItemRunner runner, ImitationLink link)
    {
        lock (_lock)
        {
            for (int i = 0; !_isBuilt && i < engine.Startup.Count; i++)
            {
                StartupStep step = engine.Startup[i];
                var message = new InvokeMessage { Length = step.Payload.Length };
                engine.CreatorCultures?.Apply();
                fixed (byte* payload = step.Payload)
                {
                    Definition definition = ImitationWorker.Define(step.RemoteMethod);
                    if (!runner.TryStartUp(definition, FrameHeader.StartupSlot, (uint)i, in message, payload, out _value))
                        throw step.Part.ErrorFor(link.StartFailure!);
                }
            }

            _isBuilt = true;
            return _value;
        }
    }

    internal async ValueTask DisposeAsync()
    {
        if (_value is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync();
        else
            (_value as IDisposable)?.Dispose();
    }
}
