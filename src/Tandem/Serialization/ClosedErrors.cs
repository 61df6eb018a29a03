using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Exceptions of a worker that is not trusted: some types of the framework without state of their own, built by known constructors. All
/// others arrive as <see cref="RemoteWorkException"/>, with their names as text. There are no fields and no <see cref="Exception.Data"/>.
/// </summary>
internal static class ClosedErrors
{
    private const int MaximumText = 16 * 1024;
    private const int MaximumDepth = 8;
    private const int MaximumCount = 64;
    private const int Other = -1;

#pragma warning disable CA2201 // The worker threw them.
    private static readonly (Type Type, Func<string, Exception?, Exception> Make)[] Known =
    [
        (typeof(InvalidOperationException), static (text, inner) => new InvalidOperationException(text, inner)),
        (typeof(ArgumentException), static (text, inner) => new ArgumentException(text, inner)),
        (typeof(ArgumentNullException), static (text, inner) => new ArgumentNullException(text, inner)),
        (typeof(ArgumentOutOfRangeException), static (text, inner) => new ArgumentOutOfRangeException(text, inner)),
        (typeof(FormatException), static (text, inner) => new FormatException(text, inner)),
        (typeof(NotSupportedException), static (text, inner) => new NotSupportedException(text, inner)),
        (typeof(NotImplementedException), static (text, inner) => new NotImplementedException(text, inner)),
        (typeof(NullReferenceException), static (text, inner) => new NullReferenceException(text, inner)),
        (typeof(IndexOutOfRangeException), static (text, inner) => new IndexOutOfRangeException(text, inner)),
        (typeof(InvalidCastException), static (text, inner) => new InvalidCastException(text, inner)),
        (typeof(KeyNotFoundException), static (text, inner) => new KeyNotFoundException(text, inner)),
        (typeof(ArithmeticException), static (text, inner) => new ArithmeticException(text, inner)),
        (typeof(DivideByZeroException), static (text, inner) => new DivideByZeroException(text, inner)),
        (typeof(OverflowException), static (text, inner) => new OverflowException(text, inner)),
        (typeof(OutOfMemoryException), static (text, inner) => new OutOfMemoryException(text, inner)),
        (typeof(TimeoutException), static (text, inner) => new TimeoutException(text, inner)),
        (typeof(UnauthorizedAccessException), static (text, inner) => new UnauthorizedAccessException(text, inner)),
        (typeof(IOException), static (text, inner) => new IOException(text, inner)),
        (typeof(FileNotFoundException), static (text, inner) => new FileNotFoundException(text, inner)),
        (typeof(DirectoryNotFoundException), static (text, inner) => new DirectoryNotFoundException(text, inner)),
        (typeof(EndOfStreamException), static (text, inner) => new EndOfStreamException(text, inner)),
        (typeof(OperationCanceledException), static (text, inner) => new OperationCanceledException(text, inner)),
        (typeof(TaskCanceledException), static (text, inner) => new TaskCanceledException(text, inner)),
    ];
#pragma warning restore CA2201

    /// <summary>Writes an exception. Never fails, whatever its members do.</summary>
    internal static void Write(PayloadWriter writer, Exception error)
    {
        int left = MaximumCount;
        Write(writer, error, 1, ref left);
    }

    /// <summary>Reads an exception.</summary>
    internal static Exception Read(ClosedReader reader)
    {
        int left = MaximumCount;
        return Read(reader, 1, ref left);
    }

    private static void Write(PayloadWriter writer, Exception error, int depth, ref int left)
    {
        left--;
        writer.Write(Array.FindIndex(Known, known => known.Type == error.GetType()));
        writer.WriteString(Cut(error.GetType().FullName ?? error.GetType().Name));
        writer.WriteString(Cut(Ask(static error => error.Message, error)));
        writer.WriteString(Cut(Ask(static error => error.StackTrace ?? "", error)));
        bool hasInner = depth < MaximumDepth && left > 0 && error.InnerException is not null;
        writer.Write(hasInner ? (byte)1 : (byte)0);
        if (hasInner)
            Write(writer, error.InnerException!, depth + 1, ref left);
    }

    private static Exception Read(ClosedReader reader, int depth, ref int left)
    {
        if (depth > MaximumDepth || left-- <= 0 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new PayloadCorruptException("too many exceptions");

        int index = reader.ReadInt32();
        if (index < Other || index >= Known.Length)
            throw new PayloadCorruptException($"an exception of type {index}");

        string name = Text(reader);
        string message = Text(reader);
        string stack = Text(reader);
        Exception? inner = reader.Read<byte>() switch
        {
            0 => null,
            1 => Read(reader, depth + 1, ref left),
            byte kind => throw new PayloadCorruptException($"an inner exception of kind {kind}"),
        };
        return index == Other ? new RemoteWorkException(name, message, stack, inner) : Known[index].Make(message, inner);
    }

    /// <summary>Reads a text. Characters that would control a terminal, or turn the direction of a line, are replaced.</summary>
    private static string Text(ClosedReader reader)
    {
        string text = reader.ReadString() ?? "";
        if (text.Length > MaximumText + 1)
            throw new PayloadCorruptException($"a text of {text.Length} characters");

        return string.Create(text.Length, text, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = IsPlain(text[i]) ? text[i] : '\uFFFD';
        });
    }

    private static bool IsPlain(char c) => c is '\n' or '\t' or '\r'
        || char.GetUnicodeCategory(c) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format);

    private static string Ask(Func<Exception, string> member, Exception error)
    {
        try
        {
            return member(error) ?? "";
        }
        catch (Exception e)
        {
            return $"(its text threw {e.GetType().Name})";
        }
    }

    private static string Cut(string text) => text.Length <= MaximumText ? text : text[..MaximumText] + "…";
}
