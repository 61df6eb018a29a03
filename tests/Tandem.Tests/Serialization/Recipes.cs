using System.Reflection;

namespace Tandem.Tests.Serialization;

/// <summary>
/// Ways to make values of the framework's types without knowing them: public constructors with simple arguments, and static members
/// that hold an object of their own type. The same recipe makes an equal value in another process.
/// </summary>
internal static class Recipes
{
    private const int MostArguments = 3;

    private static readonly string[] Assemblies =
    [
        "System.Private.CoreLib", "System.Collections", "System.Collections.Concurrent", "System.Collections.Immutable",
        "System.Collections.NonGeneric", "System.Collections.Specialized", "System.ObjectModel", "System.Linq", "System.Net.Primitives",
        "System.Private.Xml", "System.Private.Xml.Linq", "System.Private.Uri", "System.Text.RegularExpressions", "System.Text.Json",
        "System.Text.Encodings.Web", "System.Text.Encoding.CodePages", "System.Runtime.Numerics", "System.Data.Common", "System.Net.Http",
        "System.Net.Mail", "System.Security.Claims", "System.Security.Cryptography", "System.Drawing.Primitives", "System.Memory",
        "System.Diagnostics.DiagnosticSource", "System.ComponentModel.Primitives", "System.ComponentModel.TypeConverter",
        "System.Diagnostics.TraceSource", "System.IO.Pipelines", "System.Formats.Asn1", "System.Linq.Expressions",
        "System.ComponentModel.Annotations", "System.Threading.Channels", "System.Transactions.Local",
        "System.Resources.Writer", "System.Net.WebHeaderCollection", "System.Web.HttpUtility", "System.Runtime.Serialization.Primitives",
        "System.Reflection.Metadata", "System.Net.NameResolution", "System.IO.Compression", "System.Net.NetworkInformation",
    ];

    /// <summary>What a constructor's parameter gets, by its type.</summary>
    private static readonly Dictionary<Type, Func<object?>> Arguments = new()
    {
        [typeof(string)] = static () => "a",
        [typeof(int)] = static () => 3,
        [typeof(long)] = static () => 5L,
        [typeof(short)] = static () => (short)3,
        [typeof(byte)] = static () => (byte)3,
        [typeof(uint)] = static () => 3u,
        [typeof(ulong)] = static () => 5ul,
        [typeof(double)] = static () => 1.5,
        [typeof(float)] = static () => 1.5f,
        [typeof(decimal)] = static () => 1.5m,
        [typeof(bool)] = static () => true,
        [typeof(char)] = static () => 'c',
        [typeof(object)] = static () => "o",
        [typeof(Type)] = static () => typeof(string),
        [typeof(Guid)] = static () => new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
        [typeof(DateTime)] = static () => new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc),
        [typeof(DateTimeOffset)] = static () => new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(2)),
        [typeof(TimeSpan)] = static () => TimeSpan.FromSeconds(90),
        [typeof(Uri)] = static () => new Uri("https://example.org/a?b=c"),
        [typeof(Version)] = static () => new Version(1, 2, 3),
        [typeof(byte[])] = static () => new byte[] { 1, 2, 3, 4 },
        [typeof(char[])] = static () => new[] { 'a', 'b' },
        [typeof(int[])] = static () => new[] { 3, 1, 2 },
        [typeof(string[])] = static () => new[] { "b", "a" },
        [typeof(IEnumerable<string>)] = static () => new List<string> { "b", "a" },
        [typeof(IEnumerable<int>)] = static () => new List<int> { 3, 1, 2 },
        [typeof(IList<string>)] = static () => new List<string> { "b", "a" },
        [typeof(List<string>)] = static () => new List<string> { "b", "a" },
        [typeof(System.Collections.ICollection)] = static () => new System.Collections.ArrayList { "b", "a" },
        [typeof(System.Collections.IDictionary)] = static () => new System.Collections.Hashtable { ["k"] = "v" },
        [typeof(IDictionary<string, int>)] = static () => new Dictionary<string, int> { ["k"] = 1 },
        [typeof(IEqualityComparer<string>)] = static () => StringComparer.OrdinalIgnoreCase,
        [typeof(IComparer<string>)] = static () => StringComparer.OrdinalIgnoreCase,
        [typeof(System.Collections.IEqualityComparer)] = static () => StringComparer.OrdinalIgnoreCase,
        [typeof(System.Collections.IComparer)] = static () => StringComparer.OrdinalIgnoreCase,
        [typeof(System.Globalization.CultureInfo)] = static () => System.Globalization.CultureInfo.InvariantCulture,
        [typeof(System.Text.Encoding)] = static () => System.Text.Encoding.Latin1,
        [typeof(System.Xml.Linq.XName)] = static () => System.Xml.Linq.XName.Get("n", "urn:s"),
        [typeof(System.Net.IPAddress)] = static () => System.Net.IPAddress.Loopback,
    };

    /// <summary>Types whose making does something to the machine, or never ends.</summary>
    private static readonly string[] Dangerous =
    [
        "System.IO.", "System.Threading.", "System.Diagnostics.Process", "System.Diagnostics.Tracing.", "System.Diagnostics.StackTrace",
        "System.Diagnostics.TextWriterTraceListener", "System.Diagnostics.XmlWriterTraceListener",
        "System.Diagnostics.DelimitedListTraceListener", "System.Xml.XmlTextWriter", "System.Console", "System.Runtime.InteropServices.",
        "System.Runtime.Intrinsics.", "System.Net.NetworkInformation.Ping", "System.Net.Mail.SmtpClient", "System.Reflection.Emit.",
        "System.Resources.ResourceWriter", "System.Resources.ResourceReader", "System.Runtime.Loader.", "System.Runtime.CompilerServices.",
        "System.Security.Cryptography.X509Certificates.X509Store", "System.AppDomain", "System.Transactions.TransactionScope",
    ];

    internal static IEnumerable<Recipe> All()
    {
        foreach (string name in Assemblies)
        {
            foreach (Type type in Assembly.Load(name).GetExportedTypes())
            {
                if (IsFit(type) is not { } fit)
                    continue;

                foreach (Recipe recipe in Of(fit))
                    yield return recipe;
            }
        }
    }

    private static IEnumerable<Recipe> Of(Type type)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.Public))
        {
            if (type.IsAssignableFrom(field.FieldType) && !type.IsEnum)
                yield return new Recipe($"{type}::{field.Name}", () => field.GetValue(null), IsShared: !type.IsValueType);
        }

        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Static | BindingFlags.Public))
        {
            bool isOwn = type.IsAssignableFrom(property.PropertyType) && property.GetIndexParameters().Length == 0;
            if (isOwn && property.GetMethod is not null && !property.Name.StartsWith("Current", StringComparison.Ordinal))
                yield return new Recipe($"{type}::{property.Name}", () => property.GetValue(null), IsShared: !type.IsValueType);
        }

        if (type.IsAbstract || typeof(Delegate).IsAssignableFrom(type))
            yield break;

        foreach (ConstructorInfo constructor in type.GetConstructors())
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            if (parameters.Length <= MostArguments && Array.TrueForAll(parameters, p => CanMake(p.ParameterType)))
                yield return new Recipe($"{type}({string.Join(", ", parameters.Select(p => p.ParameterType))})", () => constructor.Invoke([.. parameters.Select(p => Make(p.ParameterType))]));
        }
    }

    private static Type? IsFit(Type type)
    {
        if (type.IsInterface || type.IsByRefLike || typeof(Attribute).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type))
            return null;

        if (Array.Exists(Dangerous, d => type.FullName!.StartsWith(d, StringComparison.Ordinal)))
            return null;

        if (!type.IsGenericTypeDefinition)
            return type;

        try
        {
            Type[] parameters = type.GetGenericArguments();
            return parameters.Length > 2 ? null : type.MakeGenericType(parameters.Length == 1 ? [typeof(string)] : [typeof(string), typeof(int)]);
        }
        catch (ArgumentException)
        {
            // A constraint.
            return null;
        }
    }

    private static bool CanMake(Type type) => Arguments.ContainsKey(type) || type.IsEnum;

    private static object? Make(Type type) => type.IsEnum ? Enum.GetValues(type).GetValue(0) : Arguments[type]();
}

/// <summary>A way to make a value, under a name that every process understands.</summary>
internal sealed record Recipe(string Name, Func<object?> Make, bool IsShared = false)
{
    public override string ToString() => Name;
}
