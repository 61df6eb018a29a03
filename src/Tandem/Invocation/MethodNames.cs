using System.Reflection;

namespace Tandem.Invocation;

/// <summary>Converts names that the compiler generated into names that the user knows.</summary>
internal static class MethodNames
{
    /// <summary>Returns a name such as <c>Program.Main (lambda)</c> or <c>Crawler.Fetch</c>.</summary>
    internal static string Readable(MethodInfo method)
    {
        Type? type = method.DeclaringType;
        while (type is not null && type.Name.StartsWith('<') && type.DeclaringType is not null)
            type = type.DeclaringType;

        string name = method.Name;
        int end = name.StartsWith('<') ? name.IndexOf('>') : -1;
        if (end > 0)
        {
            int local = name.IndexOf("g__", end, StringComparison.Ordinal);
            int bar = name.IndexOf('|');
            string outer = name[1..end].Trim('<', '>', '$');
            name = local > 0 && bar > local ? $"{outer}.{name[(local + 3)..bar]}" : $"{outer} (lambda)";
        }

        return type is null ? name : $"{type.Name}.{name}";
    }
}
