using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// Serializes what is more than plain data. Delegates may be part of every payload; tokens and progress receivers only of the payloads of
/// calls, because nothing serves them elsewhere.
/// </summary>
internal class CallLinks : ICallLinks
{
    /// <summary>
    /// For results, which may contain neither tokens nor progress receivers: nothing in the calling process would serve them.
    /// </summary>
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

    public virtual void Hold(ILinkedMemory memory, object value) => memory.KeepUntilReceived();

    public virtual void HandOver(int element)
    {
    }

    public virtual bool TakesCustody => false;

    public virtual void Received(ILinkedMemory memory) => memory.CountArrival();

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
        return delegateType.IsInstanceOfType(value)
            ? value
            : throw new PayloadCorruptException($"{value.GetType()} where {delegateType} is due");
    }
}
