namespace Tandem.Serialization;

/// <summary>
/// The parts of a call that are not plain values: captured tokens, progress receivers and delegates. The writing side numbers them; the
/// reading side creates the counterpart for a number.
/// </summary>
internal interface ICallLinks
{
    /// <summary>Writing: returns the number of a captured token. The same token always gets the same number.</summary>
    int AddToken(CancellationToken token);

    /// <summary>Reading: returns the token that is cancelled when the token with this number is.</summary>
    CancellationToken GetToken(int number);

    /// <summary>Writing: returns the number of a token that is already cancelled; null if the number would not be used.</summary>
    int? AddCanceledToken(CancellationToken token) => null;

    /// <summary>Reading: returns the counterpart of a token that was cancelled before it was sent.</summary>
    CancellationToken GetCanceledToken(int number) => new(true);

    /// <summary>Writing: returns the number of a token that arrived with the call; null for other tokens.</summary>
    int? FindToken(CancellationToken token) => null;

    /// <summary>Reading: returns the caller's token for a result of <see cref="FindToken"/>; null for an unknown number.</summary>
    CancellationToken? TokenOf(int number) => null;

    /// <summary>
    /// Writing: returns the number of a captured <see cref="IProgress{T}"/> whose reports are of type <typeparamref name="T"/>.
    /// </summary>
    int AddProgress<T>(IProgress<T> progress);

    /// <summary>Reading: returns an object that sends reports to the receiver with this number.</summary>
    IProgress<T> GetProgress<T>(int number);

    /// <summary>
    /// Writing: writes a delegate as a method and the captured values that it reads. Throws <see cref="WorkSerializationException"/>.
    /// </summary>
    void WriteDelegate(PayloadWriter writer, Delegate value);

    /// <summary>Reading: rebuilds a delegate that <see cref="WriteDelegate"/> wrote.</summary>
    Delegate ReadDelegate(PayloadReader reader, Type delegateType);

    /// <summary>Writing: holds the memory of a shared object until the other side has had time to open it.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="value">The shared object.</param>
    void Hold(ILinkedMemory memory, object value);

    /// <summary>
    /// Writing: called before an outcome is published. Passes the shared objects in it to the other side, and returns when that has opened
    /// them. From then on they do not need this process.
    /// </summary>
    /// <param name="element">The index of the element of a chunk that the outcome belongs to; otherwise 0.</param>
    void HandOver(int element)
    {
    }

    /// <summary>
    /// Reading: whether shared objects are opened only to be kept until the value that refers to them arrives. See
    /// <see cref="ILinkedMemory.EndCustody"/>.
    /// </summary>
    bool TakesCustody => false;

    /// <summary>Reading: called when a shared object was opened.</summary>
    void Received(ILinkedMemory memory);
}
