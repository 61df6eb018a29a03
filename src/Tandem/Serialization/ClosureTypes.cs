using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Tells the classes that the C# compiler makes for captured variables from everything else that it makes.</summary>
internal static class ClosureTypes
{
    /// <summary>
    /// Whether the type is a class for captured variables (<c>&lt;&gt;c__DisplayClass0_0</c>), or for lambdas without any
    /// (<c>&lt;&gt;c</c>). Only code that the compiler made names its fields, so that they may travel in part. Anonymous types, iterators,
    /// collection expressions and closures of other compilers are values like others, and travel whole.
    /// </summary>
    internal static bool IsClosure(Type type) =>
        type.Name.StartsWith("<>c", StringComparison.Ordinal)
        && (type.Name.Length == 3 || type.Name.StartsWith("<>c__", StringComparison.Ordinal))
        && type.IsClass
        && type.IsDefined(typeof(CompilerGeneratedAttribute), false);
}
