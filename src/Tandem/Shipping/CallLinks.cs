using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem.Shipping;

/// <summary>What every payload may hold beside plain values: delegates. Tokens and progress only where a call gives them meaning.</summary>
internal class CallLinks : ICallLinks
{
    /// <summary>For results: a token or a progress receiver that a worker made has nobody to serve it on the other side.</summary>
    internal static readonly CallLinks ForResults = new();

    public virtual int? FindToken(CancellationToken token) => null;

    public virtual CancellationToken? TokenOf(int number) => null;

    public virtual int AddToken(CancellationToken token) =>
        throw new WorkSerializationException("a CancellationToken does not travel in a result; the caller has its own");

    public virtual CancellationToken GetToken(int number) => throw new PayloadCorruptException("a token where none can be");

    public virtual int? AddCanceledToken(CancellationToken token) => null;

    public virtual CancellationToken GetCanceledToken(int number) => new(true);

    public virtual int AddProgress<T>(IProgress<T> progress) =>
        throw new WorkSerializationException("an IProgress does not travel in a result; report while the work runs");

    public virtual IProgress<T> GetProgress<T>(int number) => throw new PayloadCorruptException("a progress receiver where none can be");

    public virtual void Hold(SharedSegment segment) => SharedHousekeeping.KeepUntilReceived(segment);

    public virtual void Received(SharedSegment segment) => SharedHousekeeping.Received(segment);

    public void WriteDelegate(PayloadWriter writer, Delegate value)
    {
        try
        {
            WorkMethod.WriteDelegate(writer, value);
        }
        catch (WorkSerializationException e) when (e.Path.Length > 0 && GraphPath.Add(e, "."))
        {
            throw;
        }
    }

    public Delegate ReadDelegate(PayloadReader reader, Type delegateType)
    {
        Delegate value = WorkMethod.ReadValue(reader);
        return delegateType.IsInstanceOfType(value) ? value : throw new PayloadCorruptException($"{value.GetType()} where {delegateType} is due");
    }
}

/// <summary>The caller's side of one call: the tokens, progress receivers and shared objects that its work captured.</summary>
internal sealed class SentLinks : CallLinks
{
    private List<CancellationToken>? _tokens;
    private List<ProgressReceiver>? _receivers;
    private List<SharedSegment>? _held;

    /// <summary>Captured tokens, by number.</summary>
    internal IReadOnlyList<CancellationToken> Tokens => _tokens ?? (IReadOnlyList<CancellationToken>)[];

    internal bool IsEmpty => _tokens is null && _receivers is null && _held is null;

    public override int AddToken(CancellationToken token)
    {
        _tokens ??= [];
        int known = _tokens.IndexOf(token);
        if (known >= 0)
            return known;

        _tokens.Add(token);
        return _tokens.Count - 1;
    }

    public override int? AddCanceledToken(CancellationToken token) => AddToken(token);

    public override int AddProgress<T>(IProgress<T> progress)
    {
        _receivers ??= [];
        int known = _receivers.FindIndex(r => ReferenceEquals(r.Target, progress));
        if (known >= 0)
            return known;

        _receivers.Add(new ProgressReceiver<T>(progress));
        return _receivers.Count - 1;
    }

    public override void Hold(SharedSegment segment)
    {
        if (_held?.Contains(segment) == true)
            return;

        if (!segment.TryHold())
            throw new WorkSerializationException("the shared object was disposed of");

        (_held ??= []).Add(segment);
    }

    /// <summary>The call is over, or never began: its shared objects need not be kept for it.</summary>
    internal void Release()
    {
        if (Interlocked.Exchange(ref _held, null) is not { } held)
            return;

        foreach (SharedSegment segment in held)
            segment.Release();
    }

    /// <summary>The receiver with a number that a worker named.</summary>
    internal ProgressReceiver Receiver(int number) =>
        _receivers is not null && (uint)number < (uint)_receivers.Count ? _receivers[number] : throw new PayloadCorruptException($"there is no progress receiver {number}");
}

/// <summary>A captured <see cref="IProgress{T}"/>, whatever its reports are.</summary>
internal abstract class ProgressReceiver
{
    internal abstract object Target { get; }

    /// <summary>Reads a report; running the result delivers it.</summary>
    internal abstract Action Read(PayloadReader reader);
}

/// <inheritdoc/>
internal sealed class ProgressReceiver<T>(IProgress<T> progress) : ProgressReceiver
{
    internal override object Target => progress;

    internal override Action Read(PayloadReader reader)
    {
        T value = Codec<T>.Instance.Read(reader);
        return () => progress.Report(value);
    }
}
