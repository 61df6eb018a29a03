using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tandem.Serialization;

/// <summary>JSON as its text. Apart from the other shapes, so that System.Text.Json is loaded only where it is used.</summary>
internal static class JsonShapes
{
    private const int MaximumDepth = 1000;

    internal static Codec MakeElementCodec() => new ElementCodec();

    internal static Shape Document() => new ValueShape<JsonDocument>(
        static (writer, document) => writer.WriteString(document.RootElement.GetRawText()), static reader => Parse(reader.ReadString()));

    internal static Shape Node() => new ValueShape<JsonNode>(
        static (writer, node) => writer.WriteString(node.ToJsonString(new JsonSerializerOptions { MaxDepth = MaximumDepth })),
        static reader => JsonNode.Parse(reader.ReadString()!, null, new JsonDocumentOptions { MaxDepth = MaximumDepth })!);

    private static JsonDocument Parse(string? text)
    {
        try
        {
            return JsonDocument.Parse(text!, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new PayloadCorruptException("JSON that is none", e);
        }
    }

    /// <summary>A part of a document, without the rest of it.</summary>
    private sealed class ElementCodec : Codec<JsonElement>
    {
        internal override int MinimumSize => sizeof(int);

        internal override void Write(PayloadWriter writer, JsonElement value) =>
            writer.WriteString(value.ValueKind == JsonValueKind.Undefined ? null : value.GetRawText());

        internal override JsonElement Read(PayloadReader reader)
        {
            string? text = reader.ReadString();
            if (text is null)
                return default;

            using JsonDocument document = Parse(text);
            return document.RootElement.Clone();
        }
    }
}
