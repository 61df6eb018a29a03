namespace Tandem.Serialization;

/// <summary>Objects of one class: how their contents are written and read.</summary>
internal abstract class ClosedObject(Type type)
{
    /// <summary>About how much memory a collection takes without its elements, in bytes.</summary>
    protected const int ObjectSize = 80;

    /// <summary>How much more than the element an entry of a hash table takes, in bytes, rounded up.</summary>
    protected const int EntrySize = 24;

    internal Type Type { get; } = type;

    internal abstract void WriteContents(ClosedWriter writer, object value);

    internal abstract object ReadContents(ClosedReader reader);
}
