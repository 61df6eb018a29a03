using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Methods, constructors, fields, properties, events and parameters as values. The reading side uses the object that reflection returns
/// for the same member, so that it equals one that the work looks up.
/// </summary>
/// <param name="kind">The public base class, such as <see cref="MethodInfo"/>.</param>
internal sealed class MemberShape(Type kind) : LateShape(kind)
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.FlattenHierarchy;

    private const int MaximumArguments = 256;

    internal override void Write(PayloadWriter writer, object value)
    {
        if (value is ParameterInfo parameter)
        {
            Codec<MemberInfo>.Instance.Write(writer, parameter.Member);
            writer.Write(parameter.Position);
            return;
        }

        var member = (MemberInfo)value;
        if (member.ReflectedType is not { } reflected || member.DeclaringType is not { } declaring)
            throw new WorkSerializationException($"'{member.Name}' belongs to no type; pass its name, and look it up in the work");

        // Writing the types checks their modules: the version, and that hot reload has not changed them.
        TypeNames.Write(writer, reflected);
        TypeNames.Write(writer, declaring);
        writer.Write(member.MetadataToken);
        if (member is not MethodBase method)
            return;

        // The runtime creates the methods of arrays; they have no tokens.
        if (declaring.IsArray)
        {
            writer.WriteString(method.Name);
            WriteTypes(writer, Array.ConvertAll(method.GetParameters(), static p => p.ParameterType));
        }
        else
        {
            WriteTypes(writer, method is { IsGenericMethod: true, IsGenericMethodDefinition: false } ? method.GetGenericArguments() : []);
        }
    }

    protected override object Build(PayloadReader reader)
    {
        if (WireType == typeof(ParameterInfo))
            return ReadParameter(reader);

        Type reflected = TypeNames.Read(reader);
        Type declaring = TypeNames.Read(reader);
        int token = reader.ReadInt32();
        MemberInfo? member = typeof(MethodBase).IsAssignableFrom(WireType) ? ReadMethod(reader, reflected, declaring, token)
            : WireType == typeof(FieldInfo) ? Find(reflected.GetFields(All), declaring, token)
            : WireType == typeof(PropertyInfo) ? Find(reflected.GetProperties(All), declaring, token)
            : Find(reflected.GetEvents(All), declaring, token);

        return member is not null && WireType.IsInstanceOfType(member)
            ? member : throw new PayloadCorruptException($"{TypeChecks.Display(reflected)} has no {WireType.Name} {token:X8}");
    }

    private static MethodBase? ReadMethod(PayloadReader reader, Type reflected, Type declaring, int token)
    {
        if (declaring.IsArray)
        {
            string? name = reader.ReadString();
            Type[] parameters = ReadTypes(reader);
            return name == ConstructorInfo.ConstructorName
                ? declaring.GetConstructor(All, parameters) : declaring.GetMethod(name ?? "", All, parameters);
        }

        MethodBase? method = declaring.Module.ResolveMethod(token);
        if (method is not null && method.ReflectedType != reflected)
            method = MethodBase.GetMethodFromHandle(method.MethodHandle, reflected.TypeHandle);

        Type[] arguments = ReadTypes(reader);
        if (method?.DeclaringType != declaring)
            return null;

        return arguments.Length == 0 ? method : (method as MethodInfo)?.MakeGenericMethod(arguments);
    }

    private static ParameterInfo ReadParameter(PayloadReader reader)
    {
        MemberInfo member = Codec<MemberInfo>.Instance.Read(reader);
        int position = reader.ReadInt32();
        ParameterInfo[] parameters = member switch
        {
            MethodInfo method when position == -1 => [method.ReturnParameter],
            MethodBase method => method.GetParameters(),
            PropertyInfo property => property.GetIndexParameters(),
            _ => [],
        };
        position = Math.Max(position, 0);
        return position < parameters.Length ? parameters[position] : throw new PayloadCorruptException(
            $"{member} has no parameter {position}");
    }

    private static MemberInfo? Find(MemberInfo[] members, Type declaring, int token)
    {
        foreach (MemberInfo member in members)
        {
            if (member.MetadataToken == token && member.DeclaringType == declaring)
                return member;
        }

        return null;
    }

    private static void WriteTypes(PayloadWriter writer, Type[] types)
    {
        writer.Write(types.Length);
        foreach (Type type in types)
            TypeNames.Write(writer, type);
    }

    private static Type[] ReadTypes(PayloadReader reader)
    {
        int count = reader.ReadCount(sizeof(int));
        if (count > MaximumArguments)
            throw new PayloadCorruptException($"a method with {count} types");

        var types = new Type[count];
        for (int i = 0; i < count; i++)
            types[i] = TypeNames.Read(reader);

        return types;
    }
}
