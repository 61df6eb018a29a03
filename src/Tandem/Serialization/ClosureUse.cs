using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The fields of closures that some code may read.</summary>
internal sealed class ClosureUse
{
    private readonly HashSet<(Module Module, int Token)> _fields = []; // fields that the code names
    private readonly HashSet<(Module Module, int Token)> _shown = []; // classes whose objects other code can see

    /// <summary>Adds a field that the code names.</summary>
    internal void AddField(FieldInfo field) => _fields.Add((field.Module, field.MetadataToken));

    /// <summary>
    /// Adds a class of which the code passes objects to an expression tree. The code names the fields that it reads, but other code could
    /// see all fields.
    /// </summary>
    internal void AddShown(Type closure) => _shown.Add((closure.Module, closure.MetadataToken));

    internal bool ReadsField(FieldInfo field) => _fields.Contains((field.Module, field.MetadataToken));

    internal bool Shows(Type closure) => _shown.Contains((closure.Module, closure.MetadataToken));
}
