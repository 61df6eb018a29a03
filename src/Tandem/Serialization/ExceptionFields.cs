using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The private fields of <see cref="Exception"/> that no constructor restores. If a version of the framework lacks a field, only that
/// detail is lost.
/// </summary>
internal static class ExceptionFields
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly FieldInfo? Message = typeof(Exception).GetField("_message", Own);
    private static readonly FieldInfo? Inner = typeof(Exception).GetField("_innerException", Own);
    private static readonly FieldInfo? Source = typeof(Exception).GetField("_source", Own);
    private static readonly FieldInfo? HelpLink = typeof(Exception).GetField("_helpURL", Own);
    private static readonly FieldInfo? Token = typeof(OperationCanceledException).GetField("_cancellationToken", Own);

    private static readonly ConstructorInfo Plain = typeof(Exception).GetConstructor(Type.EmptyTypes)!;

    private static readonly ConstructorInfo Aggregate =
        typeof(AggregateException).GetConstructor([typeof(string), typeof(IEnumerable<Exception>)])!;

    /// <summary>Returns the message that was passed to the exception; <see cref="Exception.Message"/> may add to it.</summary>
    internal static string? MessageOf(Exception exception) => (string?)Message?.GetValue(exception);

    internal static void SetMessage(Exception exception, string? message) => Message?.SetValue(exception, message);

    internal static void SetInner(Exception exception, Exception? inner) => Inner?.SetValue(exception, inner);

    internal static void SetSource(Exception exception, string? source) => Source?.SetValue(exception, source);

    internal static void SetHelpLink(Exception exception, string? link) => HelpLink?.SetValue(exception, link);

    internal static void SetToken(OperationCanceledException exception, CancellationToken token) => Token?.SetValue(exception, token);

    /// <summary>Runs the constructor of the framework's part of an exception that was created without a constructor.</summary>
    internal static void Initialize(Exception exception, string? message, Exception[] inner)
    {
        if (exception is AggregateException)
        {
            Aggregate.Invoke(exception, [message, inner]);
        }
        else
        {
            Plain.Invoke(exception, null);
            SetInner(exception, inner.Length > 0 ? inner[0] : null);
        }

        SetMessage(exception, message);
    }
}
