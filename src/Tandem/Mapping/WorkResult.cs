using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Tandem;

/// <summary>The outcome of one item of a map: a value or an error.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public readonly struct WorkResult<T>
{
    private readonly T _value;

    internal WorkResult(long index, T value)
    {
        Index = index;
        _value = value;
    }

    internal WorkResult(long index, Exception error)
    {
        Index = index;
        Error = error;
        _value = default!;
    }

    /// <summary>Gets the item's position in the source, starting at 0.</summary>
    public long Index { get; }

    /// <summary>Gets why the item failed; null if it succeeded.</summary>
    public Exception? Error { get; }

    /// <summary>Gets whether the item succeeded.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;

    /// <summary>Gets the value.</summary>
    /// <exception cref="Exception">The item failed: the getter throws its <see cref="Error"/>.</exception>
    public T Value
    {
        get
        {
            if (Error is not null)
                ExceptionDispatchInfo.Throw(Error);

            return _value;
        }
    }

    /// <summary>
    /// Returns the item's position with its value, or with its error's type and message: <c>#3: 42</c>, <c>#4: FormatException: ...</c>.
    /// </summary>
    public override string ToString() => Error is null
        ? $"#{Index}: {(_value is null ? "null" : _value.ToString())}"
        : $"#{Index}: {Error.GetType().Name}: {Error.Message}";
}
