using System.Globalization;

namespace Tandem.Serialization;

/// <summary>The framework's string comparers: ordinal ones by kind, others by culture and options.</summary>
internal sealed class StringComparerShape() : LateShape(typeof(StringComparer))
{
    private const byte Ordinal = 0;
    private const byte OrdinalIgnoreCase = 1;
    private const byte OfCulture = 2;

    internal override void Write(PayloadWriter writer, object value)
    {
        var comparer = (IEqualityComparer<string?>)value;
        if (StringComparer.IsWellKnownOrdinalComparer(comparer, out bool ignoreCase))
        {
            writer.Write(ignoreCase ? OrdinalIgnoreCase : Ordinal);
        }
        else if (StringComparer.IsWellKnownCultureAwareComparer(comparer, out CompareInfo? culture, out CompareOptions options))
        {
            writer.Write(OfCulture);
            writer.WriteString(culture.Name);
            writer.Write((int)options);
        }
        else
        {
            throw new WorkSerializationException(
                $"the comparer {TypeChecks.Display(value.GetType())} cannot be serialized; use a comparer of StringComparer");
        }
    }

    protected override object Build(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind != OfCulture)
            return kind == Ordinal ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

        string culture = reader.ReadString()!;
        var options = (CompareOptions)reader.ReadInt32();
        if (culture.Length == 0 && options is CompareOptions.None or CompareOptions.IgnoreCase)
            return options == CompareOptions.None ? StringComparer.InvariantCulture : StringComparer.InvariantCultureIgnoreCase;

        return CultureInfo.GetCultureInfo(culture).CompareInfo.GetStringComparer(options);
    }
}
