using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Writes values of closed types.</summary>
internal sealed class ClosedWriter(PayloadWriter bytes, ClosedLimits limits)
{
    private readonly Dictionary<object, int> _known = new(ReferenceEqualityComparer.Instance);
    private int _depth;

    internal PayloadWriter Bytes { get; } = bytes;

    /// <summary>Returns the number of an object that was written before; otherwise -1, and the object gets the next number.</summary>
    internal int FindOrAdd(object value)
    {
        if (_known.TryGetValue(value, out int number))
            return number;

        _known.Add(value, _known.Count);
        return -1;
    }

    internal void Enter()
    {
        if (++_depth > limits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new WorkSerializationException(
                $"its objects are nested more than {limits.Depth} deep; put the values into one list or array");
        }
    }

    internal void Leave() => _depth--;
}
