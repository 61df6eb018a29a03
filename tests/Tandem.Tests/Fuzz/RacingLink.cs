using Tandem.Transport;

namespace Tandem.Tests.Fuzz;

/// <summary>A link whose worker answers in the very moment in which something is taken back from it.</summary>
internal sealed unsafe class RacingLink : WorkerLink
{
    /// <summary>What happens between the look at the worker and the end of <see cref="TryRevoke"/>.</summary>
    internal Action? Revoking { get; set; }

    /// <summary>Whether the worker had not started the item.</summary>
    internal bool WasQueued { get; set; } = true;

    internal override int Slots => 4;

    internal override bool CanRevoke => true;

    internal override bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body) => true;

    internal override bool TrySendInvoke(FrameKind kind, int slot, uint sequence, in InvokeMessage message, byte* payload) => true;

    internal override bool Flush() => false;

    internal override void Wake()
    {
    }

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra)
    {
    }

    internal override bool TryRevoke(int slot, uint sequence)
    {
        Revoking?.Invoke();
        return WasQueued;
    }

    internal override int ProgressOf(int slot, uint sequence) => -1;

    internal override long StartedAt(int slot, uint sequence) => 0;

    internal override bool TryRecoverChunk(int slot, uint sequence, out byte* payload, out nint length)
    {
        payload = null;
        length = 0;
        return false;
    }

    internal override byte* ResolveResult(in Frame frame, ref ResultMessage message) => frame.Body + ResultMessage.Size;

    internal override void ReleaseResult(in ResultMessage message)
    {
    }

    internal override void Start(IFrameSink sink)
    {
    }

    internal override void DrainAndClose()
    {
    }

    public override void Dispose()
    {
    }
}
