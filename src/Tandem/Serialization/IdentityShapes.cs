using System.Reflection;
using System.Xml;
using System.Xml.Linq;

namespace Tandem.Serialization;

/// <summary>
/// Framework types whose objects are unique in a process and compared by reference, or that store a hash code, which differs between
/// processes. One method each, found by name (<see cref="FrameworkShapes"/>).
/// </summary>
internal static class IdentityShapes
{
    internal static Shape XName() => new ValueShape<XName>(
        static (writer, name) =>
        {
            writer.WriteString(name.LocalName);
            writer.WriteString(name.NamespaceName);
        },
        static reader =>
        {
            string local = reader.ReadString()!;
            return System.Xml.Linq.XName.Get(local, reader.ReadString()!);
        });

    internal static Shape XNamespace() => new ValueShape<XNamespace>(
        static (writer, space) => writer.WriteString(space.NamespaceName),
        static reader => System.Xml.Linq.XNamespace.Get(reader.ReadString()!));

    internal static Shape XmlQualifiedName() => new ValueShape<XmlQualifiedName>(
        static (writer, name) =>
        {
            writer.WriteString(name.Name);
            writer.WriteString(name.Namespace);
        },
        static reader =>
        {
            string name = reader.ReadString()!;
            string space = reader.ReadString()!;
            return name.Length + space.Length == 0 ? System.Xml.XmlQualifiedName.Empty : new XmlQualifiedName(name, space);
        });

    internal static Shape HttpMethod() => new ValueShape<HttpMethod>(
        static (writer, method) => writer.WriteString(method.Method),
        static reader => System.Net.Http.HttpMethod.Parse(reader.ReadString()!));

    internal static Shape EventArgs() => new ValueShape<EventArgs>(
        static (writer, arguments) => writer.Write(ReferenceEquals(arguments, System.EventArgs.Empty)),
        static reader => reader.Read<byte>() != 0 ? System.EventArgs.Empty : new EventArgs());

    internal static Shape Missing() => new OnlyShape(typeof(Missing), System.Reflection.Missing.Value);

    internal static Shape StructuralEquality(Type type) =>
        new OnlyShape(type, System.Collections.StructuralComparisons.StructuralEqualityComparer);

    internal static Shape StructuralOrder(Type type) => new OnlyShape(type, System.Collections.StructuralComparisons.StructuralComparer);

    internal static Shape SystemTime(Type type) => new OnlyShape(type, TimeProvider.System);

    internal static Shape SharedRandom(Type type) => new OnlyShape(type, Random.Shared);

    internal static Shape ArrayPool<T>() => new OnlyShape(System.Buffers.ArrayPool<T>.Shared.GetType(), System.Buffers.ArrayPool<T>.Shared);

    internal static Shape MemoryPool<T>() =>
        new OnlyShape(System.Buffers.MemoryPool<T>.Shared.GetType(), System.Buffers.MemoryPool<T>.Shared);
}
