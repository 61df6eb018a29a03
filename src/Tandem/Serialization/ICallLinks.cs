namespace Tandem.Serialization;

/// <summary>
/// What a call has beside its plain values: captured tokens, progress receivers and delegates. The writing side numbers them,
/// the reading side makes the counterpart for a number.
/// </summary>
internal interface ICallLinks
{
    /// <summary>Writing: numbers a captured token (the same token gets the same number).</summary>
    int AddToken(CancellationToken token);

    /// <summary>Reading: the token that is cancelled when the one with this number is.</summary>
    CancellationToken GetToken(int number);

    /// <summary>Writing: numbers a token that is cancelled already; null where nobody would ask for it again.</summary>
    int? AddCanceledToken(CancellationToken token) => null;

    /// <summary>Reading: the counterpart of a token that was cancelled before it was sent.</summary>
    CancellationToken GetCanceledToken(int number) => new(true);

    /// <summary>Writing: the number of a token that came with the call; null for others.</summary>
    int? FindToken(CancellationToken token) => null;

    /// <summary>Reading: the caller's token that <see cref="FindToken"/> means; null for an unknown number.</summary>
    CancellationToken? TokenOf(int number) => null;

    /// <summary>Writing: numbers a captured <see cref="IProgress{T}"/> whose reports are of <typeparamref name="T"/>.</summary>
    int AddProgress<T>(IProgress<T> progress);

    /// <summary>Reading: an object that carries reports back to the receiver with this number.</summary>
    IProgress<T> GetProgress<T>(int number);

    /// <summary>Writing: writes a delegate as a method and the captured values that it reads; throws <see cref="WorkSerializationException"/>.</summary>
    void WriteDelegate(PayloadWriter writer, Delegate value);

    /// <summary>Reading: rebuilds what <see cref="WriteDelegate"/> wrote.</summary>
    Delegate ReadDelegate(PayloadReader reader, Type delegateType);

    /// <summary>Writing: keeps a shared object's memory until the other side can have opened it.</summary>
    void Hold(ILinkedMemory memory);

    /// <summary>Reading: a shared object has been opened.</summary>
    void Received(ILinkedMemory memory);
}
