using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tandem.Serialization;

/// <summary><see cref="JsonSerializerOptions"/>: the settings and converters, without the cached metadata of types.</summary>
internal sealed class JsonOptionsShape() : LateShape(typeof(JsonSerializerOptions))
{
    private static readonly Func<JsonSerializerOptions>[] WellKnown =
        [static () => JsonSerializerOptions.Default, static () => JsonSerializerOptions.Web, static () => JsonSerializerOptions.Strict];

    private static readonly PropertyInfo[] Settings = FindSettings();

    internal override void Write(PayloadWriter writer, object value)
    {
        var options = (JsonSerializerOptions)value;
        int known = Array.FindIndex(WellKnown, get => ReferenceEquals(get(), options));
        writer.Write(known);
        if (known >= 0)
            return;

        writer.Write(options.IsReadOnly);
        foreach (PropertyInfo setting in Settings)
            WritePart(writer, "." + setting.Name, Codec.For(setting.PropertyType), setting.GetValue(options));

        WritePart(writer, ".Encoder", Codec<JavaScriptEncoder>.Instance, options.Encoder);
        writer.Write(options.Converters.Count);
        for (int i = 0; i < options.Converters.Count; i++)
            WritePart(writer, $".Converters[{i}]", Codec<JsonConverter>.Instance, options.Converters[i]);

        WriteResolvers(writer, options);
    }

    protected override object Build(PayloadReader reader)
    {
        int known = reader.ReadInt32();
        if (known >= 0)
            return known < WellKnown.Length ? WellKnown[known]() : throw new PayloadCorruptException($"JSON options {known}");

        bool isReadOnly = reader.Read<byte>() != 0;
        var options = new JsonSerializerOptions();
        foreach (PropertyInfo setting in Settings)
            setting.SetValue(options, Codec.For(setting.PropertyType).ReadObject(reader));

        options.Encoder = Codec<JavaScriptEncoder>.Instance.Read(reader);
        int converters = reader.ReadCount(1);
        for (int i = 0; i < converters; i++)
            options.Converters.Add(Codec<JsonConverter>.Instance.Read(reader));

        int resolvers = reader.ReadCount(1);
        for (int i = 0; i < resolvers; i++)
            options.TypeInfoResolverChain.Add(ReadResolver(reader));

        if (isReadOnly)
            options.MakeReadOnly(populateMissingResolver: true);

        return options;
    }

    private static void WritePart(PayloadWriter writer, string segment, Codec codec, object? value)
    {
        try
        {
            codec.WriteObject(writer, value);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, segment))
        {
            throw;
        }
    }

    private static void WriteResolvers(PayloadWriter writer, JsonSerializerOptions options)
    {
        // The resolver that options get by default when they are used.
        bool isUsual = options.TypeInfoResolver is null || IsUsual(options.TypeInfoResolver);
        writer.Write(isUsual ? 0 : options.TypeInfoResolverChain.Count);
        if (isUsual)
            return;

        foreach (IJsonTypeInfoResolver resolver in options.TypeInfoResolverChain)
        {
            bool known = IsUsual(resolver);
            writer.Write(known);
            if (known)
                continue;

            if (DefaultOf(resolver.GetType()) is not { } instance || !ReferenceEquals(instance, resolver))
            {
                throw new WorkSerializationException(
                    $"JsonSerializerOptions with the resolver {TypeChecks.Display(resolver.GetType())} cannot be serialized, "
                    + "because the resolver belongs to these options; make the options in the work, or in a static field");
            }

            TypeNames.Write(writer, resolver.GetType());
        }
    }

    private static IJsonTypeInfoResolver ReadResolver(PayloadReader reader)
    {
        if (reader.Read<byte>() != 0)
            return new DefaultJsonTypeInfoResolver();

        Type type = TypeNames.Read(reader);
        return typeof(JsonSerializerContext).IsAssignableFrom(type) && DefaultOf(type) is IJsonTypeInfoResolver resolver
            ? resolver : throw new PayloadCorruptException($"{TypeChecks.Display(type)} as a resolver of JSON types");
    }

    private static bool IsUsual(IJsonTypeInfoResolver resolver) =>
        resolver is DefaultJsonTypeInfoResolver usual && usual.Modifiers.Count == 0
            && TypeChecks.IsOfFramework(usual.GetType());

    /// <summary>Returns the singleton of a source-generated context.</summary>
    private static object? DefaultOf(Type type) =>
        typeof(JsonSerializerContext).IsAssignableFrom(type)
            ? type.GetProperty("Default", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(null) : null;

    private static PropertyInfo[] FindSettings()
    {
        PropertyInfo[] settings = typeof(JsonSerializerOptions).GetProperties(BindingFlags.Instance | BindingFlags.Public);
        settings = Array.FindAll(settings, static p => p.SetMethod is { IsPublic: true }
            && p.Name is not (nameof(JsonSerializerOptions.Encoder) or nameof(JsonSerializerOptions.TypeInfoResolver))
            && !p.IsDefined(typeof(ObsoleteAttribute), false));
        Array.Sort(settings, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return settings;
    }
}
