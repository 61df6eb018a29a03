using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Tandem.Differential;

/// <summary>Looks for what is in a collection, and for strings in another case, which tells its comparer.</summary>
internal static class Lookups
{
    private static readonly ConcurrentDictionary<Type, MethodInfo[]> Finders = new();

    internal static void Probe(object collection, StringBuilder answers)
    {
        if (collection is string or Array || collection is not IEnumerable elements)
            return;

        MethodInfo[] finders = Finders.GetOrAdd(collection.GetType(), FindersOf);
        if (finders.Length == 0)
            return;

        object?[] found;
        try
        {
            found = [.. elements.Cast<object?>().Take(20)];
        }
        catch (Exception)
        {
            return; // the elements' own text tells of it
        }

        foreach (MethodInfo finder in finders)
        {
            Type taken = finder.GetParameters()[0].ParameterType;
            List<string> texts = [];
            foreach (object? element in found)
            {
                object? key = element is null || taken.IsInstanceOfType(element) ? element : KeyOf(element);
                string text = "";
                foreach (object? variant in Variants(key))
                {
                    if (variant is null ? !taken.IsValueType : taken.IsInstanceOfType(variant))
                        text += Ask(finder, collection, variant);
                }

                texts.Add(text);
            }

            texts.Sort(StringComparer.Ordinal); // the order of elements is another matter
            answers.Append(' ').Append(finder.Name).Append('(').AppendJoin(',', texts).Append(')');
        }
    }

    private static IEnumerable<object?> Variants(object? key)
    {
        yield return key;
        if (key is string text)
        {
            yield return new string(text.AsSpan());
            yield return text.ToUpper(CultureInfo.InvariantCulture);
            yield return text.ToLower(CultureInfo.InvariantCulture);
            yield return text + "?";
        }
    }

    private static string Ask(MethodInfo finder, object collection, object? key)
    {
        try
        {
            return finder.Invoke(collection, [key]) is true ? "1" : "0";
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException!.GetType().Name;
        }
    }

    private static object? KeyOf(object entry) =>
        entry is DictionaryEntry pair ? pair.Key : entry.GetType().GetProperty("Key")?.GetValue(entry);

    private static MethodInfo[] FindersOf(Type type)
    {
        List<MethodInfo> finders = [];
        foreach (Type implemented in type.GetInterfaces())
        {
            if (!implemented.IsConstructedGenericType)
            {
                if (implemented == typeof(IDictionary))
                    finders.Add(typeof(IDictionary).GetMethod("Contains")!);

                continue;
            }

            Type definition = implemented.GetGenericTypeDefinition();
            string? name = definition == typeof(IDictionary<,>) || definition == typeof(IReadOnlyDictionary<,>) ? "ContainsKey"
                : definition == typeof(ISet<>) ? null
                : definition == typeof(ICollection<>) || definition == typeof(ILookup<,>) || definition == typeof(IReadOnlySet<>) ? "Contains"
                : null;
            if (name is not null && implemented.GetMethod(name) is { } finder)
                finders.Add(finder);
        }

        return [.. finders.OrderBy(static f => f.DeclaringType!.ToString(), StringComparer.Ordinal)];
    }
}
