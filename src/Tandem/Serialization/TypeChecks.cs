namespace Tandem.Serialization;

/// <summary>Questions about types that several codecs ask.</summary>
internal static class TypeChecks
{
    /// <summary>
    /// Whether no value of the type can be held by generic code: a pointer, a reference, a ref struct, an open generic type.
    /// </summary>
    internal static bool IsUnusable(Type type) =>
        type.IsPointer || type.IsFunctionPointer || type.IsByRef || type.IsByRefLike || type.ContainsGenericParameters
            || type == typeof(void);

    /// <summary>Whether the runtime itself defines the type.</summary>
    internal static bool IsInCoreLibrary(Type type) => type.Assembly == typeof(object).Assembly;

    /// <summary>Whether objects of a class are equal by something else than their identity.</summary>
    internal static bool HasOwnEquality(Type type) => type.GetMethod(nameof(GetHashCode), Type.EmptyTypes)?.DeclaringType != typeof(object);

    /// <summary>Whether the type is one of .NET's own.</summary>
    internal static bool IsOfFramework(Type type) =>
        IsInCoreLibrary(type) || (type.Namespace is { } space && space.StartsWith("System", StringComparison.Ordinal)
            && (space.Length == "System".Length || space["System".Length] == '.'));

    /// <summary>The name to tell framework types by without loading the assemblies that they are in.</summary>
    internal static string? DefinitionName(Type type) =>
        type.IsConstructedGenericType ? type.GetGenericTypeDefinition().FullName : type.FullName;

    /// <summary>A short name for messages, such as <c>List&lt;Int32&gt;</c>.</summary>
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

    /// <summary>The short name with "a" or "an" before it, as it is spoken: a Uri, an UnmanagedMemoryStream, an XDocument.</summary>
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
