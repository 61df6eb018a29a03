using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Distinguishes the classes that the C# compiler generates for captured variables from other generated classes.</summary>
internal static class ClosureTypes
{
    /// <summary>
    /// Whether the type is a class for captured variables (<c>&lt;&gt;c__DisplayClass0_0</c>), or for lambdas without captured variables
    /// (<c>&lt;&gt;c</c>). Only generated code names the fields of such a class, so its objects may be serialized in part. Anonymous
    /// types, iterators, collection expressions and closures of other compilers are serialized completely, like other values.
    /// </summary>
    internal static bool IsClosure(Type type) =>
        type.Name.StartsWith("<>c", StringComparison.Ordinal)
        && (type.Name.Length == 3 || type.Name.StartsWith("<>c__", StringComparison.Ordinal))
        && type.IsClass
        && type.IsDefined(typeof(CompilerGeneratedAttribute), false);
}
