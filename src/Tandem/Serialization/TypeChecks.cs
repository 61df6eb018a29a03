namespace Tandem.Serialization;

/// <summary>Checks of types that several codecs need.</summary>
internal static class TypeChecks
{
    /// <summary>Whether generic code cannot use values of the type: a pointer, a reference, a ref struct, an open generic type.</summary>
    internal static bool IsUnusable(Type type) =>
        type.IsPointer || type.IsFunctionPointer || type.IsByRef || type.IsByRefLike || type.ContainsGenericParameters
            || type == typeof(void);

    /// <summary>Whether the runtime itself defines the type.</summary>
    internal static bool IsInCoreLibrary(Type type) => type.Assembly == typeof(object).Assembly;

    /// <summary>Whether objects of a class define their own equality instead of reference equality.</summary>
    internal static bool HasOwnEquality(Type type) => type.GetMethod(nameof(GetHashCode), Type.EmptyTypes)?.DeclaringType != typeof(object);

    /// <summary>Whether the type belongs to .NET.</summary>
    internal static bool IsOfFramework(Type type) =>
        IsInCoreLibrary(type) || (type.Namespace is { } space && space.StartsWith("System", StringComparison.Ordinal)
            && (space.Length == "System".Length || space["System".Length] == '.'));

    /// <summary>Returns the name by which framework types are identified without loading their assemblies.</summary>
    internal static string? DefinitionName(Type type) =>
        type.IsConstructedGenericType ? type.GetGenericTypeDefinition().FullName : type.FullName;

    /// <summary>Returns a short name for messages, such as <c>List&lt;Int32&gt;</c>.</summary>
    internal static string Display(Type type)
    {
        if (type.IsArray)
            return $"{Display(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";

        if (!type.IsConstructedGenericType)
            return type.Name;

        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        Type[] arguments = type.GenericTypeArguments;
        string[] names = new string[arguments.Length];
        for (int i = 0; i < names.Length; i++)
            names[i] = Display(arguments[i]);

        return $"{(tick < 0 ? type.Name : type.Name[..tick])}<{string.Join(", ", names)}>";
    }

    /// <summary>Returns the short name with "a" or "an", as it is pronounced: a Uri, an UnmanagedMemoryStream, an XDocument.</summary>
    internal static string WithArticle(Type type)
    {
        string name = Display(type);
        bool hasVowelSound = name[0] switch
        {
            'A' or 'E' or 'I' or 'O' or 'a' or 'e' or 'i' or 'o' => true,
            'U' or 'u' => name.Length > 2 && name[1] is 'l' or 'm' or 'n' or 'p' && name[2] is not 'i',
            'X' or 'F' or 'H' or 'L' or 'M' or 'N' or 'R' or 'S' => name.Length > 1 && char.IsAsciiLetterUpper(name[1]),
            _ => false,
        };
        return hasVowelSound ? $"an {name}" : $"a {name}";
    }
}
