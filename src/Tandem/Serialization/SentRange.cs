namespace Tandem.Serialization;

/// <summary>A range of an array, or of another memory's owner, that was sent without the rest.</summary>
internal sealed record SentRange(object Owner, int Offset, int Length)
{
    /// <summary>Whether a range is inside this one.</summary>
    internal bool Holds(int offset, int length) => offset >= Offset && offset + length <= Offset + Length;

    /// <summary>Whether a range overlaps with this one.</summary>
    internal bool Overlaps(int offset, int length) => offset < Offset + Length && Offset < offset + length;
}
