using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Tandem.Differential;

/// <summary>
/// A text for everything that can be observed of a value: types, fields or properties, elements in their order, what comparers
/// answer, which references are shared. The same value gives the same text in every process.
/// </summary>
/// <remarks>
/// Of types that are not the framework's it reads the fields; of the framework's own, public properties, because their private
/// fields hold caches. Strings and boxed structs have no identity here.
/// </remarks>
public sealed class Fingerprint
{
    private const int DeepestNesting = 40;
    private const int DeepestProperties = 4;
    private const int LongestText = 60_000;
    private const int MostElements = 400;

    private readonly StringBuilder _text = new();
    private readonly Dictionary<object, int> _seen = new(ReferenceEqualityComparer.Instance);
    private int _depth;
    private int _propertyDepth;

    /// <summary>The text for a value.</summary>
    public static string Of(object? value)
    {
        var fingerprint = new Fingerprint();
        fingerprint.Write(value);
        return fingerprint._text.ToString();
    }

    private void Write(object? value)
    {
        if (value is null)
        {
            _text.Append("null");
            return;
        }

        if (_depth > DeepestNesting || _text.Length > LongestText)
        {
            _text.Append('…');
            return;
        }

        _depth++;
        if (!WriteLeaf(value))
            WriteObject(value);

        _depth--;
    }

    private bool WriteLeaf(object value)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        switch (value)
        {
            case string s:
                Quote(s);
                return true;
            case bool or byte or sbyte or short or ushort or int or uint or long or ulong or Int128 or UInt128 or nint or nuint:
                _text.Append(value.GetType().Name).Append(' ').Append(((IFormattable?)(value as IFormattable))?.ToString(null, invariant) ?? value.ToString());
                return true;
            case Enum e:
                _text.Append(e.GetType().Name).Append(' ').Append(e.ToString("D"));
                return true;
            case char c:
                _text.Append("char ").Append((int)c);
                return true;
            case double d:
                _text.Append("double ").Append(BitConverter.DoubleToInt64Bits(d).ToString("x", invariant));
                return true;
            case float f:
                _text.Append("float ").Append(BitConverter.SingleToInt32Bits(f).ToString("x", invariant));
                return true;
            case Half h:
                _text.Append("half ").Append(BitConverter.HalfToInt16Bits(h).ToString("x", invariant));
                return true;
            case decimal m:
                _text.Append("decimal ").AppendJoin(',', decimal.GetBits(m));
                return true;
            case DateTime t:
                _text.Append("DateTime ").Append(t.Ticks).Append(t.Kind);
                return true;
            case DateTimeOffset t:
                _text.Append("DateTimeOffset ").Append(t.Ticks).Append('+').Append(t.Offset.Ticks);
                return true;
            case TimeSpan or DateOnly or TimeOnly or Guid or Version or Rune or IPAddress or Index or Range:
                _text.Append(Name(value.GetType())).Append(' ').Append(string.Format(invariant, "{0}", value));
                return true;
            case Type type:
                _text.Append("Type ").Append(type.AssemblyQualifiedName ?? type.Name);
                return true;
            case MemberInfo or Assembly or Module or ParameterInfo:
                _text.Append(value.GetType().Name).Append(' ').Append(value);
                return true;
            case JsonElement element:
                _text.Append("JsonElement ").Append(element.ValueKind == JsonValueKind.Undefined ? "undefined" : element.GetRawText());
                return true;
            case JsonNode node:
                _text.Append(node is JsonValue ? "JsonValue" : node.GetType().Name).Append(' ').Append(node.ToJsonString());
                return true;
            default:
                return false;
        }
    }

    private void Quote(string text)
    {
        _text.Append('"');
        foreach (char c in text)
        {
            if (c is < ' ' or > '~' or '"' or '\\')
                _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                _text.Append(c);
        }

        _text.Append('"');
    }

    private void WriteObject(object value)
    {
        Type type = value.GetType();
        if (!type.IsValueType)
        {
            if (_seen.TryGetValue(value, out int number))
            {
                _text.Append('#').Append(number);
                return;
            }

            _seen.Add(value, _seen.Count);
        }

        _text.Append(Name(type));
        WriteStaticField(value, type);
        _text.Append('{');
        if (!WriteKnown(value))
            WriteAny(value, type);

        _text.Append('}');
    }

    /// <summary>Which static field holds the object, with which users compare it.</summary>
    private void WriteStaticField(object value, Type type)
    {
        if (ReferenceEquals(value, Values.Optional.Missing))
            _text.Append('=').Append(nameof(Values.Optional.Missing));

        if (type.Assembly != typeof(Fingerprint).Assembly || type.Name.StartsWith('<'))
            return;

        const BindingFlags OwnStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (Type? declaring = type; declaring is not null && declaring.Assembly == type.Assembly; declaring = declaring.BaseType)
        {
            FieldInfo? field = Array.Find(
                declaring.GetFields(OwnStatic), f => f.FieldType.IsInstanceOfType(value) && ReferenceEquals(f.GetValue(null), value));
            if (field is not null)
                _text.Append('=').Append(field.Name);
        }
    }

    /// <summary>What must be asked in its own way.</summary>
    private bool WriteKnown(object value)
    {
        switch (value)
        {
            case Exception e:
                WriteException(e);
                return true;
            case Delegate d:
                WriteDelegate(d);
                return true;
            case StringBuilder or Uri or UriBuilder or XObject or XName or XNamespace or Regex or System.Xml.XmlNode:
                Quote(value is System.Xml.XmlNode xml ? xml.OuterXml : value.ToString()!);
                Probe(value);
                return true;
            case CultureInfo culture:
                _text.Append(culture.Name).Append(culture.IsReadOnly).Append(' ').Append((-1234567.891).ToString("N", culture));
                Quote(new DateTime(2026, 7, 8, 13, 5, 6).ToString("F", culture));
                return true;
            case DateTimeFormatInfo format:
                Quote(new DateTime(2026, 7, 8, 13, 5, 6).ToString("F", format) + new DateTime(2026, 7, 8, 13, 5, 6).ToString("g", format));
                return true;
            case NumberFormatInfo format:
                Quote((-1234567.891).ToString("N", format) + 0.5.ToString("P", format) + 12.5m.ToString("C", format));
                return true;
            case Encoding encoding:
                _text.Append(encoding.WebName).Append(encoding.CodePage).Append(Convert.ToHexString(encoding.GetPreamble()));
                Try(() => Convert.ToHexString(encoding.GetBytes("aé€😀")));
                Try(() => encoding.GetString([0x61, 0xff, 0xc3, 0x28]));
                return true;
            case TimeZoneInfo zone:
                _text.Append(zone.Id).Append(zone.BaseUtcOffset).Append(zone.SupportsDaylightSavingTime);
                for (int year = 1950; year < 2040; year += 3)
                    _text.Append(' ').Append(zone.GetUtcOffset(new DateTime(year, year % 12 + 1, 3, 4, 5, 6, DateTimeKind.Utc)).TotalMinutes);
                _text.Append(zone.DisplayName).Append(zone.StandardName).Append(ReferenceEquals(zone, TimeZoneInfo.Utc));
                return true;
            case FileSystemInfo file:
                Quote(file.FullName); // the rest is what the disk says
                return true;
            case JsonDocument document:
                _text.Append(document.RootElement.GetRawText());
                return true;
            case MemoryStream stream:
                _text.Append(stream.Position).Append('/').Append(stream.Length).Append(stream.CanWrite).Append(Convert.ToHexString(stream.ToArray()));
                return true;
            case System.Data.DataTable or System.Data.DataSet:
                WriteData(value);
                return true;
            case Lazy<int> lazy:
                _text.Append(lazy.Value);
                return true;
            case Random random:
                WriteState(random, 3); // to ask for numbers would change it
                return true;
            case IServiceProvider or Task or System.Net.Http.HttpMessageInvoker or Stream or TextReader or WaitHandle or Thread or System.Threading.Timer:
                return true;
            default:
                return false;
        }
    }

    private void WriteAny(object value, Type type)
    {
        bool probed = false;
        if (ComparerProbe.TryOf(value) is { } answers)
        {
            _text.Append(answers);
            probed = true;
        }

        if (value is IEnumerable enumerable and not System.Dynamic.DynamicObject)
            WriteElements(enumerable, type);

        if (IsFramework(type))
        {
            if (value is ITuple tuple)
                WriteTuple(tuple);
            else if (value is not IEnumerable && !probed)
                WriteProperties(value, type);
        }
        else if (value is not (IEnumerator or IAsyncEnumerable<int>) && !(value is IEnumerable && type.Namespace == "Microsoft.FSharp.Collections"))
        {
            // Iterators have been read by now, by this thread or another one. Trees of F# may be balanced in another way.
            WriteFields(value, type);
        }

        Text(value, type);
        Probe(value);
    }

    private void WriteTuple(ITuple tuple)
    {
        for (int i = 0; i < tuple.Length; i++)
        {
            _text.Append(i == 0 ? "" : ", ");
            Write(tuple[i]);
        }
    }

    private void WriteElements(IEnumerable elements, Type type)
    {
        if (Unordered(type))
        {
            // The order follows from hash codes, which differ in every process.
            List<string> texts = [];
            foreach (object? element in elements)
                texts.Add(Of(element));
            texts.Sort(StringComparer.Ordinal);
            _text.Append('[').AppendJoin(", ", texts).Append(']');
            return;
        }

        _text.Append('[');
        int count = 0;
        try
        {
            foreach (object? element in elements)
            {
                if (count++ > 0)
                    _text.Append(", ");

                if (count > MostElements)
                    break;

                Write(element);
            }
        }
        catch (Exception e) when (e is not InsufficientExecutionStackException)
        {
            _text.Append("throws ").Append(e.GetType().Name);
        }

        _text.Append(']');
    }

    private static bool Unordered(Type type)
    {
        for (Type? ancestor = type; ancestor is not null; ancestor = ancestor.BaseType)
        {
            string name = ancestor.FullName ?? "";
            if (name.StartsWith("System.Collections.Concurrent.ConcurrentDictionary`", StringComparison.Ordinal)
                || name.StartsWith("System.Collections.Concurrent.ConcurrentBag`", StringComparison.Ordinal)
                || name.StartsWith("System.Collections.Immutable.ImmutableDictionary`", StringComparison.Ordinal)
                || name.StartsWith("System.Collections.Immutable.ImmutableHashSet`", StringComparison.Ordinal)
                || name.StartsWith("System.Collections.Frozen.", StringComparison.Ordinal)
                || name is "System.Collections.Hashtable" or "System.Collections.Specialized.StringDictionary"
                    or "System.Collections.Specialized.HybridDictionary" or "System.Collections.ICollection")
            {
                return true;
            }
        }

        return false;
    }

    private void WriteFields(object value, Type type)
    {
        for (Type? part = type; part is not null && part != typeof(object) && part != typeof(ValueType); part = part.BaseType)
        {
            if (IsFramework(part))
            {
                if (value is not IEnumerable)
                    WriteProperties(value, part);

                break;
            }

            foreach (FieldInfo field in Members.FieldsOf(part))
            {
                if (typeof(MulticastDelegate).IsAssignableFrom(field.FieldType) && field.Name.StartsWith('<'))
                    continue;

                _text.Append(' ').Append(field.Name).Append('=');
                Write(field.GetValue(value));
            }
        }
    }

    /// <summary>All fields, of the framework's types too.</summary>
    private void WriteState(object value, int depth)
    {
        for (Type? part = value.GetType(); part is not null; part = part.BaseType)
        {
            foreach (FieldInfo field in Members.FieldsOf(part))
            {
                object? found = field.GetValue(value);
                _text.Append(' ').Append(field.Name).Append('=');
                if (found is null or string or Array || found.GetType().IsPrimitive || depth == 0)
                    Write(found);
                else
                    WriteState(found, depth - 1);
            }
        }
    }

    private void WriteProperties(object value, Type type)
    {
        if (++_propertyDepth <= DeepestProperties)
        {
            foreach (PropertyInfo property in Members.PropertiesOf(type))
            {
                _text.Append(' ').Append(property.Name).Append('=');
                object? found;
                try
                {
                    found = property.GetValue(value);
                }
                catch (TargetInvocationException e)
                {
                    _text.Append("throws ").Append(e.InnerException!.GetType().Name);
                    continue;
                }

                Write(found);
            }
        }

        _propertyDepth--;
    }

    /// <summary>ToString, where somebody wrote one.</summary>
    private void Text(object value, Type type)
    {
        Type? declaring = Members.TextOf(type);
        if (declaring is null || declaring == typeof(object) || declaring == typeof(ValueType) || value is IDictionary)
            return;

        _text.Append(" text=");
        Try(() => Formatting.WithoutStacks(value.ToString()));
    }

    private void WriteException(Exception e)
    {
        _text.Append("message=");
        Quote(e.Message);
        _text.Append(" code=").Append(e.HResult).Append(" link=").Append(e.HelpLink);
        foreach (DictionaryEntry entry in e.Data)
        {
            _text.Append(" data ");
            Write(entry.Key);
            _text.Append('=');
            Write(entry.Value);
        }

        foreach (PropertyInfo property in Members.PropertiesOf(e.GetType()))
        {
            if (property.DeclaringType == typeof(Exception))
                continue;

            _text.Append(' ').Append(property.Name).Append('=');
            object? found = null;
            try
            {
                found = property.GetValue(e);
            }
            catch (TargetInvocationException thrown)
            {
                found = thrown.InnerException!.GetType().Name;
            }

            // A token is one of this process.
            Write(found is CancellationToken token ? token.IsCancellationRequested : found);
        }

        if (!IsFramework(e.GetType()))
        {
            for (Type part = e.GetType(); !IsFramework(part); part = part.BaseType!)
            {
                foreach (FieldInfo field in Members.FieldsOf(part))
                {
                    _text.Append(' ').Append(field.Name).Append('=');
                    Write(field.GetValue(e));
                }
            }
        }

        if (e.InnerException is { } inner)
        {
            _text.Append(" inner=");
            Write(inner);
        }

        Type? declaring = Members.TextOf(e.GetType());
        if (declaring is not null && !IsFramework(declaring))
            Try(() => Formatting.WithoutStacks(e.ToString()));
    }

    private void WriteDelegate(Delegate d)
    {
        _text.Append(d.Method.Name).Append(" targets ").Append(d.GetInvocationList().Length);
        switch (d)
        {
            case Func<int> f:
                Try(() => f());
                break;
            case Func<string> f:
                Try(f);
                break;
            case Func<int, int> f:
                Try(() => f(7));
                break;
            case Func<string, bool> f:
                Try(() => f("a"));
                break;
        }
    }

    private void WriteData(object value)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        if (value is System.Data.DataTable table)
        {
            string name = table.TableName;
            _text.Append(name).Append(table.CaseSensitive).Append(table.PrimaryKey.Length).Append(table.Constraints.Count);
            foreach (System.Data.DataColumn column in table.Columns)
                _text.Append(' ').Append(column.ColumnName).Append(column.DataType.Name).Append(column.AllowDBNull).Append(column.Expression).Append(column.AutoIncrement);
            foreach (System.Data.DataRow row in table.Rows)
            {
                _text.Append(row.RowState).Append('(').AppendJoin('|', row.RowState == System.Data.DataRowState.Deleted ? [] : row.ItemArray).Append(')');
                if (row.HasVersion(System.Data.DataRowVersion.Original))
                    _text.Append('(').Append(row[0, System.Data.DataRowVersion.Original]).Append(')');
            }
        }
        else
        {
            var set = (System.Data.DataSet)value;
            set.WriteXml(text, System.Data.XmlWriteMode.WriteSchema);
            _text.Append(text).Append(set.Relations.Count);
            foreach (System.Data.DataTable one in set.Tables)
                Write(one);
        }
    }

    /// <summary>What lookups answer.</summary>
    private void Probe(object value)
    {
        switch (value)
        {
            case XElement element:
                foreach (XElement child in element.Elements().ToArray())
                    _text.Append(element.Element(child.Name.ToString()) is not null);
                break;
            case Regex regex:
                _text.Append(regex.Options).Append(regex.MatchTimeout).Append(regex.IsMatch("aaa")).Append(regex.IsMatch("AAA"));
                Try(() => string.Join(",", regex.GetGroupNames()));
                break;
            case Uri uri:
                Try(() => uri.AbsoluteUri + uri.OriginalString);
                break;
            case XDocument or StringBuilder or UriBuilder:
                break;
            default:
                Lookups.Probe(value, _text);
                break;
        }
    }

    private void Try<T>(Func<T> ask)
    {
        try
        {
            T answer = ask();
            if (answer is string text)
                Quote(text);
            else
                _text.Append(answer);
        }
        catch (Exception e)
        {
            _text.Append("throws ").Append(e.GetType().Name);
        }
    }

    internal static bool IsFramework(Type type)
    {
        string? space = type.Namespace;
        return space is not null && (space.StartsWith("System", StringComparison.Ordinal) || space.StartsWith("Microsoft.", StringComparison.Ordinal))
            && !space.StartsWith("Microsoft.FSharp", StringComparison.Ordinal);
    }

    private static string Name(Type type)
    {
        // Some are a sealed or read-only version of the type that users know.
        string name = type.Name.Replace("EncodingSealed", "Encoding", StringComparison.Ordinal).Replace("ReadOnlyIPAddress", "IPAddress", StringComparison.Ordinal);
        return type.IsConstructedGenericType ? $"{name}<{string.Join(",", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
