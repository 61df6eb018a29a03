namespace Tandem.Serialization;

/// <summary>Time zones: those of the system by their id, others by their rules.</summary>
internal sealed class TimeZoneShape() : LateShape(typeof(TimeZoneInfo))
{
    private const byte Utc = 0;
    private const byte OfSystem = 1;
    private const byte ByRules = 2;

    internal override void Write(PayloadWriter writer, object value)
    {
        var zone = (TimeZoneInfo)value;
        if (ReferenceEquals(zone, TimeZoneInfo.Utc))
        {
            writer.Write(Utc);
        }
        else if (IsOfSystem(zone))
        {
            writer.Write(OfSystem);
            writer.WriteString(zone.Id);
            writer.Write(ReferenceEquals(zone, TimeZoneInfo.Local));
        }
        else
        {
            writer.Write(ByRules);
            writer.WriteString(RulesOf(zone));
        }
    }

    protected override object Build(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind == Utc)
            return TimeZoneInfo.Utc;

        string text = reader.ReadString() ?? throw new PayloadCorruptException("a time zone without a name");
        if (kind == ByRules)
            return TimeZoneInfo.FromSerializedString(text);

        // Conversions compare the local time zone by reference.
        bool isLocal = reader.Read<byte>() != 0;
        return isLocal && TimeZoneInfo.Local.Id == text ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(text);
    }

    private static bool IsOfSystem(TimeZoneInfo zone) =>
        ReferenceEquals(zone, TimeZoneInfo.Local)
            ? TimeZoneInfo.TryFindSystemTimeZoneById(zone.Id, out _)
            : TimeZoneInfo.TryFindSystemTimeZoneById(zone.Id, out TimeZoneInfo? found)
                && (ReferenceEquals(found, zone) || IsSame(found, zone));

    private static bool IsSame(TimeZoneInfo one, TimeZoneInfo other) =>
        one.Equals(other) && one.DisplayName == other.DisplayName && one.StandardName == other.StandardName
            && one.DaylightName == other.DaylightName && one.HasIanaId == other.HasIanaId;

    private static string RulesOf(TimeZoneInfo zone)
    {
        try
        {
            string rules = zone.ToSerializedString();
            if (IsSame(TimeZoneInfo.FromSerializedString(rules), zone))
                return rules;
        }
        catch (Exception e) when (e is System.Runtime.Serialization.SerializationException or ArgumentException)
        {
            // The framework's text format cannot represent these rules.
        }

        throw new WorkSerializationException($"the rules of the time zone '{zone.Id}' cannot be sent exactly; make it in the work");
    }
}
