namespace Tandem.Serialization;

/// <summary>An enumeration, by its number. As in C#, numbers without a name are values too.</summary>
internal sealed class ClosedEnum(Type type, ClosedType number) : ClosedType
{
    private readonly Type _underlying = Enum.GetUnderlyingType(type);

    internal override int MinimumSize => number.MinimumSize;

    internal override void Write(ClosedWriter writer, object? value) =>
        number.Write(writer, Convert.ChangeType(value, _underlying, System.Globalization.CultureInfo.InvariantCulture));

    internal override object? Read(ClosedReader reader) => Enum.ToObject(type, number.Read(reader)!);
}
