using System.Reflection;

namespace Tandem.Serialization;

/// <summary>Which fields of closures some code may read.</summary>
internal sealed class ClosureUse
{
    private readonly HashSet<(Module Module, int Token)> _fields = [];
    private readonly HashSet<(Module Module, int Token)> _shown = [];

    /// <summary>The code names the field.</summary>
    internal void AddField(FieldInfo field) => _fields.Add((field.Module, field.MetadataToken));

    /// <summary>
    /// The code hands objects of the type to an expression tree: what it reads of them it names, but others could see all of their fields.
    /// </summary>
    internal void AddShown(Type closure) => _shown.Add((closure.Module, closure.MetadataToken));

    internal bool ReadsField(FieldInfo field) => _fields.Contains((field.Module, field.MetadataToken));

    internal bool Shows(Type closure) => _shown.Contains((closure.Module, closure.MetadataToken));
}
