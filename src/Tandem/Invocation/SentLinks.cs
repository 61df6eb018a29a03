using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>One call in the calling process: the tokens, progress receivers and shared objects that its work captured.</summary>
internal sealed class SentLinks : CallLinks
{
    private List<CancellationToken>? _tokens; // by number; null for none
    private List<ProgressReceiver>? _receivers; // by number; null for none
    private List<ILinkedMemory>? _held; // shared objects that stay mapped until the call has ended

    /// <summary>The captured tokens, by number.</summary>
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

    public override void Hold(ILinkedMemory memory, object value)
    {
        if (_held?.Contains(memory) == true)
            return;

        if (!memory.TryHold())
            throw new WorkSerializationException("the shared object was disposed of");

        (_held ??= []).Add(memory);
    }

    /// <summary>Releases the shared objects, after the call has ended or if it never began.</summary>
    internal void Release()
    {
        if (Interlocked.Exchange(ref _held, null) is not { } held)
            return;

        foreach (ILinkedMemory memory in held)
            memory.Release();
    }

    /// <summary>Returns the progress receiver with a number that a worker has sent.</summary>
    internal ProgressReceiver Receiver(int number) =>
        _receivers is not null && (uint)number < (uint)_receivers.Count
            ? _receivers[number]
            : throw new PayloadCorruptException($"there is no progress receiver {number}");
}
