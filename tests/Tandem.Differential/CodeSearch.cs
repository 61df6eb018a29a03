using System.Collections;
using System.Reflection;

namespace Tandem.Differential;

/// <summary>Finds code in values: delegates, and comparers that are not the framework's own. Answers bring it only where it is declared.</summary>
internal static class CodeSearch
{
    private const int MostObjects = 20_000;

    /// <summary>Whether a value refers to code.</summary>
    internal static bool Finds(object? value)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var waiting = new Queue<object>();
        Add(value);
        while (seen.Count < MostObjects && waiting.TryDequeue(out object? next))
        {
            Type type = next.GetType();
            bool isComparer = next is IComparer or IEqualityComparer || Array.Exists(
                type.GetInterfaces(),
                static i => i.IsGenericType && (i.GetGenericTypeDefinition() == typeof(IComparer<>) || i.GetGenericTypeDefinition() == typeof(IEqualityComparer<>)));
            if (next is Delegate || (isComparer && type.Assembly != typeof(object).Assembly && next is not Array))
                return true;

            if (next is Array array)
            {
                if (!type.GetElementType()!.IsPrimitive)
                {
                    foreach (object? item in array)
                        Add(item);
                }

                continue;
            }

            for (Type? declaring = next is string or Pointer or MemberInfo ? null : type; declaring is not null; declaring = declaring.BaseType)
            {
                foreach (FieldInfo field in declaring.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer && !field.FieldType.IsByRefLike)
                        Add(field.GetValue(next));
                }
            }
        }

        return false;

        void Add(object? item)
        {
            if (item is not null && seen.Add(item))
                waiting.Enqueue(item);
        }
    }
}
