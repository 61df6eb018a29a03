using Tandem.Serialization;

namespace Tandem.WarmUp;

/// <summary>Whether the default value of a type travels without running any code of the user's.</summary>
internal static class PlainDefault
{
    /// <summary>
    /// True if the default is null, or a structure that travels as bytes. The fields of other structures are read and written one by one,
    /// which runs their types' static constructors, although nobody has called anything yet.
    /// </summary>
    internal static bool Exists<T>() => !typeof(T).IsValueType || BlittableTypes.IsCopiedAsBytes<T>();
}
