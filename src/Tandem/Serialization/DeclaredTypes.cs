using System.Reflection;

namespace Tandem.Serialization;

/// <summary>What a declared type consists of: its elements, its type arguments, and the fields of the program's own types.</summary>
internal static class DeclaredTypes
{
    /// <summary>Returns the types of delegates that a value of a declared type has as members or elements, or is itself.</summary>
    internal static Type[] DelegatesIn(Type declared)
    {
        var found = new List<Type>();
        var known = new HashSet<Type>();
        var waiting = new Stack<Type>();
        waiting.Push(declared);
        while (waiting.TryPop(out Type? type))
        {
            if (!known.Add(type))
                continue;

            if (typeof(Delegate).IsAssignableFrom(type))
                found.Add(type);
            else if (type.HasElementType)
                waiting.Push(type.GetElementType()!);
            else
                AddParts(type, waiting);
        }

        return [.. found];
    }

    /// <summary>Adds the assemblies of a type and of its elements and type arguments.</summary>
    internal static void AddAssemblies(Type type, HashSet<Assembly> assemblies)
    {
        if (type.HasElementType)
        {
            AddAssemblies(type.GetElementType()!, assemblies);
            return;
        }

        assemblies.Add(type.Assembly);
        foreach (Type argument in type.GenericTypeArguments)
            AddAssemblies(argument, assemblies);
    }

    private static void AddParts(Type type, Stack<Type> waiting)
    {
        // A tree is data: what it could be compiled to is not part of it.
        if (TypeChecks.DefinitionName(type) == "System.Linq.Expressions.Expression`1")
            return;

        foreach (Type argument in type.GenericTypeArguments)
            waiting.Push(argument);

        // Fields of the framework's types are not declared by the program: a lazy value or a query holds delegates that nobody sees.
        for (Type? declaring = type; declaring is not null && !TypeChecks.IsOfFramework(declaring); declaring = declaring.BaseType)
        {
            foreach (FieldInfo field in DeclaredFields.Of(declaring))
                waiting.Push(field.FieldType);
        }
    }
}
