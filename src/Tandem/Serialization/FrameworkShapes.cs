using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The framework's types whose fields have no meaning, or a wrong one, in another process. They are identified by name: code that
/// mentions a type loads its assembly.
/// </summary>
internal static class FrameworkShapes
{
    /// <summary>Returns the shape of a type that has a special one, or null.</summary>
    internal static Shape? Find(Type type)
    {
        for (Type? ancestor = type; ancestor is not null && ancestor != typeof(object); ancestor = ancestor.BaseType)
        {
            if (ancestor.Namespace is not { } space)
                continue;

            bool isOfFSharp = space == "Microsoft.FSharp.Collections";
            if (!isOfFSharp && !space.StartsWith("System", StringComparison.Ordinal))
                continue;

            string name = TypeChecks.DefinitionName(ancestor) ?? "";
            if (isOfFSharp)
                return FSharpShapes.Find(name, type);

            Shape? shape = ancestor == type ? FindExact(name, type) : null;
            shape ??= FindFamily(name, ancestor, type);
            if (shape is not null)
                return shape;
        }

        return null;
    }

    private static Shape? FindExact(string name, Type type)
    {
        if (type.IsConstructedGenericType)
        {
            return name == "System.Collections.Generic.List`1"
                ? Shapes.Close(typeof(ListShape<>), type.GenericTypeArguments)
                : FindCollection(name, type);
        }

        return name switch
        {
            "System.Uri" => ValueShapes.Uri(),
            "System.DBNull" => ValueShapes.DBNull(),
            "System.Threading.Lock" => ValueShapes.Lock(),
            "System.Text.StringBuilder" => ValueShapes.StringBuilder(),
            "System.Globalization.CultureInfo" => new CultureShape(),
            "System.Globalization.CultureData" => CultureShape.DataShape(type),
            "System.Globalization.RegionInfo" => ValueShapes.RegionInfo(),
            "System.Globalization.CompareInfo" => ValueShapes.CompareInfo(),
            "System.TimeZoneInfo" => new TimeZoneShape(),
            "System.IO.FileInfo" => ValueShapes.FileInfo(),
            "System.IO.DirectoryInfo" => ValueShapes.DirectoryInfo(),
            "System.Collections.BitArray" => ValueShapes.BitArray(),
            "System.Dynamic.ExpandoObject" => DynamicShapes.Expando(),
            "System.Collections.Hashtable" => new HashtableShape(),
            "System.Collections.Generic.ReferenceEqualityComparer" => ValueShapes.ReferenceEqualityComparer(),
            "System.Text.Json.JsonDocument" => JsonShapes.Document(),
            "System.Text.Json.JsonSerializerOptions" => new JsonOptionsShape(),
            "System.IO.MemoryStream" => new MemoryStreamShape(),
            "System.Xml.Linq.XName" => IdentityShapes.XName(),
            "System.Xml.Linq.XNamespace" => IdentityShapes.XNamespace(),
            "System.Xml.XmlQualifiedName" => IdentityShapes.XmlQualifiedName(),
            "System.Net.Http.HttpMethod" => IdentityShapes.HttpMethod(),
            "System.EventArgs" => IdentityShapes.EventArgs(),
            "System.Collections.StructuralEqualityComparer" => IdentityShapes.StructuralEquality(type),
            "System.Collections.StructuralComparer" => IdentityShapes.StructuralOrder(type),
            "System.Reflection.Missing" => IdentityShapes.Missing(),

            // Only the runtime's own classes: derived classes of others represent members that exist in this process only.
            "System.Reflection.MethodInfo" or "System.Reflection.RuntimeMethodInfo" => new MemberShape(typeof(MethodInfo)),
            "System.Reflection.ConstructorInfo" or "System.Reflection.RuntimeConstructorInfo" => new MemberShape(typeof(ConstructorInfo)),
            "System.Reflection.FieldInfo" or "System.Reflection.RtFieldInfo" or "System.Reflection.MdFieldInfo" =>
                new MemberShape(typeof(FieldInfo)),
            "System.Reflection.PropertyInfo" or "System.Reflection.RuntimePropertyInfo" => new MemberShape(typeof(PropertyInfo)),
            "System.Reflection.EventInfo" or "System.Reflection.RuntimeEventInfo" => new MemberShape(typeof(EventInfo)),
            "System.Reflection.ParameterInfo" or "System.Reflection.RuntimeParameterInfo" => new MemberShape(typeof(ParameterInfo)),
            "System.Linq.Expressions.FieldExpression" => new TreeFieldShape(type),
            "System.Linq.Expressions.ConstantExpression" or "System.Linq.Expressions.TypedConstantExpression" =>
                new TreeConstantShape(type),
            "System.TimeProvider+SystemTimeProvider" => IdentityShapes.SystemTime(type),
            "System.Random+ThreadSafeRandom" => IdentityShapes.SharedRandom(type),
            "System.Data.DataTable" => DataShapes.Table(),
            "System.Data.DataSet" => DataShapes.Set(),
            "System.Data.DataRow" => DataShapes.Row(),
            "System.Data.DataView" => DataShapes.View(),
            "System.Data.DataRowView" => DataShapes.RowView(),
            _ => null,
        };
    }

    /// <summary>Types that are rebuilt as one of their base types.</summary>
    private static Shape? FindFamily(string name, Type ancestor, Type type)
    {
        switch (name)
        {
            case "System.Type":
                return new TypeShape();
            case "System.Text.Encoding" when TypeChecks.IsOfFramework(type):
                return new EncodingShape();
            case "System.Text.RegularExpressions.Regex" when TypeChecks.IsOfFramework(type):
                return ValueShapes.Regex();
            case "System.Net.IPAddress":
                return FrameworkInstanceShape.Wrap(ValueShapes.IPAddress(), type);
            case "System.Text.Encodings.Web.JavaScriptEncoder" when TypeChecks.IsOfFramework(type):
                return EncoderShapes.JavaScript();
            case "System.Text.Encodings.Web.HtmlEncoder" when TypeChecks.IsOfFramework(type):
                return EncoderShapes.Html();
            case "System.Text.Encodings.Web.UrlEncoder" when TypeChecks.IsOfFramework(type):
                return EncoderShapes.Url();
            case "System.Text.Json.Nodes.JsonNode":
                return JsonShapes.Node();
            case "System.StringComparer" when TypeChecks.IsInCoreLibrary(type):
                return new StringComparerShape();
            case "System.Collections.Generic.EqualityComparer`1" or "System.Collections.Generic.Comparer`1"
                when TypeChecks.IsInCoreLibrary(type):
                return DefaultComparerShape.Find(ancestor, type);
            case "System.Collections.Frozen.FrozenDictionary`2":
                return FromFactory(nameof(CollectionShapes.FrozenDictionary), ancestor);
            case "System.Collections.Frozen.FrozenSet`1":
                return FromFactory(nameof(CollectionShapes.FrozenSet), ancestor);
            case "System.Buffers.SharedArrayPool`1":
                return FromFactory(typeof(IdentityShapes), nameof(IdentityShapes.ArrayPool), ancestor);
            case "System.Buffers.ArrayMemoryPool`1":
                return FromFactory(typeof(IdentityShapes), nameof(IdentityShapes.MemoryPool), ancestor);
            case "System.Linq.Lookup`2":
                return FromFactory(nameof(CollectionShapes.Lookup), ancestor);
            default:
                return type != ancestor && IsHashed(name) ? new RefusedShape(type, Refusals.ForDerivedCollection(type, ancestor)) : null;
        }
    }

    /// <summary>Whether the collection's fields depend on hash codes, which differ between processes.</summary>
    private static bool IsHashed(string name) => name is
        "System.Collections.Generic.Dictionary`2" or "System.Collections.Generic.HashSet`1" or "System.Collections.Hashtable"
        or "System.Collections.Concurrent.ConcurrentDictionary`2" or "System.Collections.Generic.OrderedDictionary`2";

    private static Shape? FindCollection(string name, Type type) => name switch
    {
        "System.Collections.Generic.Dictionary`2" => Shapes.Close(typeof(DictionaryShape<,>), type.GenericTypeArguments),
        "System.Collections.Generic.HashSet`1" => FromFactory(nameof(CollectionShapes.HashSet), type),
        "System.Collections.Generic.OrderedDictionary`2" => FromFactory(nameof(CollectionShapes.OrderedDictionary), type),
        "System.Collections.Generic.SortedDictionary`2" => FromFactory(nameof(CollectionShapes.SortedDictionary), type),
        "System.Collections.Generic.SortedSet`1" => FromFactory(nameof(CollectionShapes.SortedSet), type),
        "System.Collections.Generic.Queue`1" => FromFactory(nameof(CollectionShapes.Queue), type),
        "System.Collections.Generic.Stack`1" => FromFactory(nameof(CollectionShapes.Stack), type),
        "System.Collections.Generic.LinkedList`1" => FromFactory(nameof(CollectionShapes.LinkedList), type),
        "System.Collections.Generic.PriorityQueue`2" => FromFactory(nameof(CollectionShapes.PriorityQueue), type),
        "System.Collections.Concurrent.ConcurrentDictionary`2" => FromFactory(nameof(CollectionShapes.ConcurrentDictionary), type),
        "System.Collections.Concurrent.ConcurrentQueue`1" => FromFactory(nameof(CollectionShapes.ConcurrentQueue), type),
        "System.Collections.Concurrent.ConcurrentStack`1" => FromFactory(nameof(CollectionShapes.ConcurrentStack), type),
        "System.Collections.Concurrent.ConcurrentBag`1" => FromFactory(nameof(CollectionShapes.ConcurrentBag), type),
        "System.Collections.Immutable.ImmutableDictionary`2" => FromFactory(nameof(CollectionShapes.ImmutableDictionary), type),
        "System.Collections.Immutable.ImmutableSortedDictionary`2" => FromFactory(nameof(CollectionShapes.ImmutableSortedDictionary), type),
        "System.Collections.Immutable.ImmutableHashSet`1" => FromFactory(nameof(CollectionShapes.ImmutableHashSet), type),
        "System.Collections.Immutable.ImmutableSortedSet`1" => FromFactory(nameof(CollectionShapes.ImmutableSortedSet), type),
        "System.Collections.Immutable.ImmutableList`1" => FromFactory(nameof(CollectionShapes.ImmutableList), type),
        "System.Collections.Immutable.ImmutableQueue`1" => FromFactory(nameof(CollectionShapes.ImmutableQueue), type),
        "System.Collections.Immutable.ImmutableStack`1" => FromFactory(nameof(CollectionShapes.ImmutableStack), type),
        "System.Linq.EnumerableQuery`1" => Shapes.Close(typeof(EnumerableQueryShape<>), type.GenericTypeArguments),
        "System.IProgress`1" or "System.Progress`1" => Shapes.Close(typeof(ProgressShape<>), type.GenericTypeArguments),
        _ => null,
    };

    private static Shape FromFactory(string factory, Type type) => FromFactory(typeof(CollectionShapes), factory, type);

    private static Shape FromFactory(Type factories, string factory, Type type) =>
        (Shape)factories.GetMethod(factory, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type.GenericTypeArguments).Invoke(null, null)!;
}
