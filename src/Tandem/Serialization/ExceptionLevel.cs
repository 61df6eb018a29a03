using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The fields that one type in an exception's inheritance chain declares. Exceptions are serialized level by level, so that an exception
/// that cannot be rebuilt as its own type can still be rebuilt as its base type.
/// </summary>
internal sealed class ExceptionLevel
{
    private static readonly ConcurrentDictionary<Type, ExceptionLevel> Known = new();

    private ExceptionLevel(Type type)
    {
        // The state of all exceptions is serialized separately, as are the inner exceptions of an AggregateException and the token of a
        // cancellation.
        if (type == typeof(Exception) || type == typeof(AggregateException) || type == typeof(OperationCanceledException))
        {
            Fields = [];
            return;
        }

        Fields = Array.ConvertAll(DeclaredFields.Of(type), static field => new Field(field));
    }

    internal Field[] Fields { get; }

    internal static ExceptionLevel Of(Type type) => Known.GetOrAdd(type, static type => new ExceptionLevel(type));

    internal sealed class Field(FieldInfo info)
    {
        private Codec? _codec;

        internal Codec Codec => _codec ??= Codec.For(info.FieldType);

        /// <summary>Whether the type itself declares that the field is optional, with <see cref="NonSerializedAttribute"/>.</summary>
        internal bool MayBeMissing => (info.Attributes & NotSerialized) != 0;

        // FieldAttributes.NotSerialized is marked obsolete together with the formatters for which it was made.
        private static FieldAttributes NotSerialized => (FieldAttributes)0x0080;

        internal object? Get(Exception exception) => info.GetValue(exception);

        internal void Set(Exception exception, object? value) => info.SetValue(exception, value);
    }
}
