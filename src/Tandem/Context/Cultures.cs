using System.Globalization;
using Tandem.Serialization;

namespace Tandem.Context;

/// <summary>The cultures of a caller, or of the maker of a pool, where workers would not have them by themselves.</summary>
internal sealed class Cultures
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    private byte[]? _bytes;

    internal Cultures(CultureInfo culture, CultureInfo uiCulture)
    {
        Culture = culture;
        UICulture = uiCulture;
    }

    internal CultureInfo Culture { get; }

    internal CultureInfo UICulture { get; }

    /// <summary>What a thread has without a culture of its own. By reference: cultures with other formats are equal to those without.</summary>
    internal static bool AreDefaults(CultureInfo culture, CultureInfo uiCulture) =>
        ReferenceEquals(culture, CultureInfo.DefaultThreadCurrentCulture ?? CultureInfo.InstalledUICulture)
        && ReferenceEquals(uiCulture, CultureInfo.DefaultThreadCurrentUICulture ?? CultureInfo.InstalledUICulture);

    /// <summary>For the calling thread, until its context is reset.</summary>
    internal void Apply()
    {
        CultureInfo.CurrentCulture = Culture;
        CultureInfo.CurrentUICulture = UICulture;
    }

    /// <summary>As they travel. They are written once: what is changed on a culture after the call does not concern the call.</summary>
    /// <exception cref="WorkSerializationException">A culture is of a kind that cannot travel.</exception>
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

    /// <summary>In a worker.</summary>
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
