using System.Reflection;

namespace Tandem.Compare.Methods;

/// <summary>Finds the method that a user means, or reports what exists instead.</summary>
internal static class MethodSearch
{
    private const BindingFlags Any =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const int NamesShown = 5;

    /// <exception cref="MethodException">There is no such method, or it cannot be called with such items.</exception>
    internal static MethodInfo Find(Assembly assembly, string fullName, bool hasTexts)
    {
        Type[] types = Types(assembly);
        // Nested types as users write them, and as reflection writes them.
        (string typeName, string methodName) = Split(fullName.Replace('+', '.'));
        if (typeName.Length == 0 || methodName.Length == 0)
        {
            throw new MethodException(
                $"'{fullName}' does not name a method; write Namespace.Type.Method.{Near(fullName, Callable(types))}");
        }

        Type? type = Array.Find(types, candidate => NameOf(candidate) == typeName);
        if (type is null)
            throw new MethodException($"There is no type '{typeName}' in {assembly.GetName().Name}.{Near(fullName, Callable(types))}");

        MethodInfo[] named = [.. type.GetMethods(Any).Where(method => method.Name == methodName)];
        if (named.Length == 0)
            throw new MethodException($"The type '{typeName}' has no method '{methodName}'.{Near(fullName, Callable(types))}");

        MethodInfo[] fitting = [.. named.Where(method => Problem(method, hasTexts) is null)];
        return fitting switch
        {
            [var one] => one,
            [] when named is [var one] => throw new MethodException($"{Signature(one)} cannot be used: {Problem(one, hasTexts)}."),
            [] => throw new MethodException(
                $"'{fullName}' has {named.Length} overloads, and none can be used:\n"
                + string.Join('\n', named.Select(method => $"  {Signature(method)}: {Problem(method, hasTexts)}"))),
            // One overload takes the item, another one takes nothing.
            _ => fitting.MaxBy(static method => method.GetParameters().Length)!,
        };
    }

    /// <summary>Why a method cannot be called with an item; null if it can.</summary>
    internal static string? Problem(MethodInfo method, bool hasTexts)
    {
        if (!method.IsStatic)
        {
            return "it is an instance method, and there is no object on which to call it; "
                + "make it static, or call Comparison.RunAsync from code that has an object";
        }

        if (method.ContainsGenericParameters)
            return "it is generic";
        if (method.ReturnType.IsByRefLike || method.ReturnType.IsByRef || method.ReturnType.IsPointer)
            return $"its result, a {method.ReturnType.Name}, is tied to its stack or to memory of its process";
        if (IsValueTask(method.ReturnType))
            return "it returns a ValueTask; return a Task instead (AsTask)";

        ParameterInfo[] parameters = method.GetParameters();
        if (parameters.Length > 1)
            return $"it has {parameters.Length} parameters, but an item is a single argument";
        if (parameters.Length == 0)
            return null;

        Type wanted = hasTexts ? typeof(string) : typeof(int);
        return parameters[0].ParameterType == wanted ? null
            : $"its parameter is a {parameters[0].ParameterType.Name}, and items are "
                + (hasTexts ? "strings (--items and --items-from give paths and lines)" : "numbers (--count gives an int)");
    }

    /// <summary>
    /// The names that are similar to another, the most similar first: in the method and in its type, whatever the namespace is.
    /// </summary>
    internal static string[] Nearest(string name, IEnumerable<string> candidates)
    {
        (string typeName, string methodName) = Split(name);
        string simpleName = Split(typeName).Method;
        return
        [
            .. candidates.Distinct()
                .Select(candidate =>
                {
                    (string otherType, string otherMethod) = Split(candidate);
                    int type = simpleName.Length == 0 ? 0 : Distance(simpleName, Split(otherType).Method);
                    int method = Distance(methodName, otherMethod);
                    bool isNear = type <= Slips(simpleName) && method <= Slips(methodName);
                    return (Name: candidate, IsNear: isNear, Distance: type + method);
                })
                .Where(static candidate => candidate.IsNear)
                .OrderBy(static candidate => candidate.Distance)
                .ThenBy(candidate => Distance(name, candidate.Name))
                .ThenBy(static candidate => candidate.Name, StringComparer.Ordinal)
                .Take(NamesShown)
                .Select(static candidate => candidate.Name),
        ];
    }

    /// <summary>How many letters of a word may differ.</summary>
    private static int Slips(string word) => word.Length < 4 ? 1 : Math.Max(2, word.Length / 3);

    /// <summary>The number of letters that must be changed, added or removed (Levenshtein distance), ignoring case.</summary>
    internal static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int change = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[other.Length];
    }

    private static (string Type, string Method) Split(string name)
    {
        int dot = name.LastIndexOf('.');
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }

    private static string Near(string name, IEnumerable<string> candidates)
    {
        string[] near = Nearest(name, candidates);
        return near.Length == 0
            ? " Static methods that take one item or nothing can be compared."
            : $" Did you mean {string.Join(" or ", near)}?";
    }

    private static IEnumerable<string> Callable(Type[] types) => types
        .Where(static type => !type.Name.Contains('<', StringComparison.Ordinal))
        .SelectMany(static type => type.GetMethods(Any)
            .Where(static method => !method.IsSpecialName && !method.Name.Contains('<', StringComparison.Ordinal))
            .Select(method => $"{NameOf(type)}.{method.Name}"));

    private static string NameOf(Type type) => (type.FullName ?? type.Name).Replace('+', '.');

    private static string Signature(MethodInfo method) =>
        $"{NameOf(method.DeclaringType!)}.{method.Name}"
        + $"({string.Join(", ", method.GetParameters().Select(static parameter => parameter.ParameterType.Name))})";

    private static bool IsValueTask(Type type) =>
        type == typeof(ValueTask) || (type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));

    private static Type[] Types(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            // Types whose dependencies are missing cannot be named either.
            return [.. e.Types.OfType<Type>()];
        }
    }
}
