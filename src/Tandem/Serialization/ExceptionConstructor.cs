using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// A public constructor that creates an exception from a message and inner exceptions, from one of these, or from nothing.
/// </summary>
internal sealed class ExceptionConstructor
{
    private static readonly ConcurrentDictionary<Type, ExceptionConstructor[]> Known = new();

    private readonly ConstructorInfo _constructor;
    private readonly ParameterInfo[] _parameters;
    private readonly int _worth;

    private ExceptionConstructor(ConstructorInfo constructor, ParameterInfo[] parameters, int worth)
    {
        _constructor = constructor;
        _parameters = parameters;
        _worth = worth;
    }

    /// <summary>Returns the constructors of a type, those with the most usable parameters first.</summary>
    internal static ExceptionConstructor[] Of(Type type) => Known.GetOrAdd(type, static t => Find(t));

    internal object Invoke(string? message, Exception[] inner)
    {
        object?[] arguments = new object?[_parameters.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            Type type = _parameters[i].ParameterType;
            if (i == 0 && type == typeof(string))
                arguments[i] = message;
            else if (type == typeof(Exception))
                arguments[i] = inner.Length > 0 ? inner[0] : null;
            else if (IsMany(type))
                arguments[i] = inner;
            else
                arguments[i] = Type.Missing;
        }

        return _constructor.Invoke(BindingFlags.OptionalParamBinding, null, arguments, null);
    }

    private static ExceptionConstructor[] Find(Type type)
    {
        var found = new List<ExceptionConstructor>();
        foreach (ConstructorInfo constructor in type.GetConstructors())
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            int worth = Worth(parameters);
            if (worth < 0)
                continue;

            int at = found.Count;
            while (at > 0 && found[at - 1]._worth < worth)
                at--;

            found.Insert(at, new ExceptionConstructor(constructor, parameters, worth));
        }

        return [.. found];
    }

    /// <summary>Returns how much of the original the constructor uses; -1 if it needs data that was not sent.</summary>
    private static int Worth(ParameterInfo[] parameters)
    {
        int worth = 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            Type type = parameters[i].ParameterType;
            if (i == 0 && type == typeof(string))
                worth += 8;
            else if (type == typeof(Exception))
                worth += 2;
            else if (IsMany(type))
                worth += 4;
            else if (!parameters[i].IsOptional)
                return -1;
        }

        return worth;
    }

    private static bool IsMany(Type type) => type == typeof(Exception[]) || type == typeof(IEnumerable<Exception>);
}
