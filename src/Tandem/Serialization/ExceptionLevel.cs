using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The fields that one type of an exception's ancestry adds. Exceptions travel level by level, so that what a process cannot rebuild as
/// its own type can still be rebuilt as its base type.
/// </summary>
internal sealed class ExceptionLevel
{
    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<Type, ExceptionLevel> Known = new();

    private ExceptionLevel(Type type)
    {
        // What all exceptions have travels anyway; so do an AggregateException's inner exceptions, and the token of a cancellation.
        if (type == typeof(Exception) || type == typeof(AggregateException) || type == typeof(OperationCanceledException))
        {
            Fields = [];
            return;
        }

        // Reflection gives the fields in an order that depends on what was asked before; both sides need the same one.
        FieldInfo[] fields = type.GetFields(OwnFields);
        Array.Sort(fields, static (left, right) => left.MetadataToken.CompareTo(right.MetadataToken));
        Fields = Array.ConvertAll(fields, static field => new Field(field));
    }

    internal Field[] Fields { get; }

    internal static ExceptionLevel Of(Type type) => Known.GetOrAdd(type, static type => new ExceptionLevel(type));

    internal sealed class Field(FieldInfo info)
    {
        private Codec? _codec;

        internal Codec Codec => _codec ??= Codec.For(info.FieldType);

        /// <summary>Whether the type itself says that its objects can do without: the field is marked with <see cref="NonSerializedAttribute"/>.</summary>
        internal bool MayBeMissing => (info.Attributes & NotSerialized) != 0;

        // FieldAttributes.NotSerialized is marked obsolete together with the formatters that it was made for.
        private static FieldAttributes NotSerialized => (FieldAttributes)0x0080;

        internal object? Get(Exception exception) => info.GetValue(exception);

        internal void Set(Exception exception, object? value) => info.SetValue(exception, value);
    }
}
