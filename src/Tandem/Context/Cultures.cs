using System.Globalization;
using Tandem.Serialization;

namespace Tandem.Context;

/// <summary>The cultures of a caller, or of the code that created a pool, if they differ from the defaults of workers.</summary>
internal sealed class Cultures
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    private byte[]? _bytes; // the serialized cultures, once they were needed

    internal Cultures(CultureInfo culture, CultureInfo uiCulture)
    {
        Culture = culture;
        UICulture = uiCulture;
    }

    internal CultureInfo Culture { get; }

    internal CultureInfo UICulture { get; }

    /// <summary>
    /// Whether these are the default cultures of a thread. Compared by reference, because cultures with different formats are equal.
    /// </summary>
    internal static bool AreDefaults(CultureInfo culture, CultureInfo uiCulture) =>
        ReferenceEquals(culture, CultureInfo.DefaultThreadCurrentCulture ?? CultureInfo.InstalledUICulture)
        && ReferenceEquals(uiCulture, CultureInfo.DefaultThreadCurrentUICulture ?? CultureInfo.InstalledUICulture);

    /// <summary>Sets the cultures of the calling thread until its context is reset.</summary>
    internal void Apply()
    {
        CultureInfo.CurrentCulture = Culture;
        CultureInfo.CurrentUICulture = UICulture;
    }

    /// <summary>Serializes the cultures. The result is cached: changes to a culture after the call do not affect the call.</summary>
    /// <exception cref="WorkSerializationException">A culture cannot be serialized.</exception>
    internal unsafe byte[] ToBytes()
    {
        if (_bytes is not null)
            return _bytes;

        PayloadWriter writer = t_writer ??= new PayloadWriter();
        writer.Begin(HeapMemory.Instance);
        try
        {
            Write(writer, Culture, nameof(CultureInfo.CurrentCulture));
            Write(writer, UICulture, nameof(CultureInfo.CurrentUICulture));
            return _bytes = new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
        }
        finally
        {
            writer.Abandon();
        }
    }

    /// <summary>Deserializes cultures in a worker.</summary>
    internal static unsafe Cultures Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new PayloadReader();
        fixed (byte* start = bytes)
        {
            reader.Begin(start, bytes.Length);
            return new Cultures(Codec<CultureInfo>.Instance.Read(reader), Codec<CultureInfo>.Instance.Read(reader));
        }
    }

    private static void Write(PayloadWriter writer, CultureInfo culture, string property)
    {
        try
        {
            Codec<CultureInfo>.Instance.Write(writer, culture);
        }
        catch (WorkSerializationException e)
        {
            e.Prepend($"CultureInfo.{property}");
            throw;
        }
    }
}
