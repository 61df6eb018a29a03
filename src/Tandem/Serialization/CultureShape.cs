using System.Globalization;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>Cultures: by name, and with their formats if these were changed.</summary>
internal sealed class CultureShape() : Shape(typeof(CultureInfo), ShapeTraits.Tracked)
{
    private static readonly FieldInfo? ReadOnlyField =
        typeof(CultureInfo).GetField("_isReadOnly", BindingFlags.Instance | BindingFlags.NonPublic);

    internal override void Write(PayloadWriter writer, object value)
    {
        var culture = (CultureInfo)value;
        string name = NameOf(culture);
        writer.WriteString(name);
        writer.Write(culture.IsReadOnly);
        writer.Write(culture.UseUserOverride);
        bool isShared = ReferenceEquals(culture, Shared(name));
        writer.Write(isShared);
        if (isShared)
            return;

        var fresh = new CultureInfo(name, culture.UseUserOverride);
        Write(writer, culture.NumberFormat, fresh.NumberFormat, ".NumberFormat");
        Write(writer, culture.DateTimeFormat, fresh.DateTimeFormat, ".DateTimeFormat");
    }

    internal override object? Read(PayloadReader reader)
    {
        string name = reader.ReadString() ?? throw new PayloadCorruptException("a culture without a name");
        bool isReadOnly = reader.Read<byte>() != 0;
        bool useUserOverride = reader.Read<byte>() != 0;
        bool isShared = reader.Read<byte>() != 0;
        int number = reader.ReserveNumber();
        CultureInfo culture = Make(name, useUserOverride, isShared);
        reader.Finish(number, culture);
        if (isShared)
            return culture;

        if (Codec<NumberFormatInfo?>.Instance.Read(reader) is { } numbers)
            Set(() => culture.NumberFormat = numbers);

        if (Codec<DateTimeFormatInfo?>.Instance.Read(reader) is { } times)
            Set(() => culture.DateTimeFormat = times);

        if (isReadOnly)
            ReadOnlyField?.SetValue(culture, true);

        return culture;
    }

    /// <summary>Returns the shape of the data that a culture's formats share; each process has one object per culture.</summary>
    internal static Shape? DataShape(Type type)
    {
        const BindingFlags Any = BindingFlags.Instance | BindingFlags.NonPublic;
        FieldInfo? data = typeof(CultureInfo).GetField("_cultureData", Any);
        PropertyInfo? name = type.GetProperty("CultureName", Any);
        return data is null || name is null || data.FieldType != type ? null : new CultureDataShape(type, data, name);
    }

    /// <summary>
    /// Returns the name with the sort order, if it is not the default one: the culture's own name does not contain it ("de-DE" for
    /// "de-DE_phoneb").
    /// </summary>
    private static string NameOf(CultureInfo culture)
    {
        string sorted = culture.CompareInfo.Name;
        return sorted.StartsWith(culture.Name + "_", StringComparison.Ordinal) ? sorted : culture.Name;
    }

    private static CultureInfo? Shared(string name)
    {
        try
        {
            return name.Length == 0 ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }

    private static CultureInfo Make(string name, bool useUserOverride, bool isShared)
    {
        try
        {
            return isShared ? Shared(name) ?? CultureInfo.GetCultureInfo(name) : new CultureInfo(name, useUserOverride);
        }
        catch (CultureNotFoundException e)
        {
            throw new RebuildException($"this process has no culture '{name}'", e);
        }
    }

    private static void Set(Action set) => Rebuilding.Run(
        static s =>
        {
            s();
            return true;
        },
        set);

    private static void Write<TFormat>(PayloadWriter writer, TFormat used, TFormat usual, string segment)
        where TFormat : class
    {
        try
        {
            Codec<TFormat?>.Instance.Write(writer, HasSameProperties(used, usual) ? null : used);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, segment))
        {
            throw;
        }
    }

    private static bool HasSameProperties<T>(T one, T other)
        where T : class
    {
        foreach (PropertyInfo property in typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            if (property.CanRead && !IsSame(property.GetValue(one), property.GetValue(other)))
                return false;
        }

        return true;
    }

    private static bool IsSame(object? one, object? other) => (one, other) switch
    {
        (Array a, Array b) => System.Collections.StructuralComparisons.StructuralEqualityComparer.Equals(a, b),
        (Calendar a, Calendar b) => a.GetType() == b.GetType() && a.TwoDigitYearMax == b.TwoDigitYearMax,
        _ => Equals(one, other),
    };

    private sealed class CultureDataShape(Type type, FieldInfo data, PropertyInfo name) : Shape(type, ShapeTraits.None)
    {
        internal override void Write(PayloadWriter writer, object value)
        {
            string culture = (string)name.GetValue(value)!;
            if (!Equals(data.GetValue(new CultureInfo(culture, false)), value)
                && !Equals(data.GetValue(new CultureInfo(culture, true)), value))
            {
                throw new WorkSerializationException(
                    $"the formats of the culture '{culture}' are tied to this process; pass the culture's name");
            }

            writer.WriteString(culture);
        }

        internal override object? Read(PayloadReader reader) => data.GetValue(Make(reader.ReadString() ?? "", false, false));
    }
}
