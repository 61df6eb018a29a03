using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tandem.Serialization;

/// <summary>JSON, as text. Separate from the other shapes, so that System.Text.Json is loaded only if it is used.</summary>
internal static class JsonShapes
{
    private const int MaximumDepth = 1000;

    internal static Codec MakeElementCodec() => new ElementCodec();

    internal static Shape Document() => new ValueShape<JsonDocument>(
        static (writer, document) => writer.WriteString(document.RootElement.GetRawText()), static reader => Parse(reader.ReadString()));

    internal static Shape Node() => new ValueShape<JsonNode>(WriteNode, ReadNode);

    /// <summary>Writes the whole tree, because a node refers to it, and the node's position in it.</summary>
    private static void WriteNode(PayloadWriter writer, JsonNode node)
    {
        var path = new List<int>();
        JsonNode root = node;
        for (; root.Parent is { } parent; root = parent)
            path.Add(parent is JsonObject members ? members.IndexOf(root.GetPropertyName()) : root.GetElementIndex());

        path.Reverse();
        Items.Write<int>(writer, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
        if (path.Count > 0)
        {
            Codec<JsonNode>.Instance.Write(writer, root);
            return;
        }

        writer.Write(node.Options?.PropertyNameCaseInsensitive ?? false);
        try
        {
            writer.WriteString(node.ToJsonString(new JsonSerializerOptions { MaxDepth = MaximumDepth }));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or ArgumentException)
        {
            throw new WorkSerializationException($"the JSON cannot be written as text: {e.Message}", null, e);
        }
    }

    private static JsonNode ReadNode(PayloadReader reader)
    {
        int[] path = Items.Read<int>(reader);
        if (path.Length == 0)
        {
            var options = new JsonNodeOptions { PropertyNameCaseInsensitive = reader.Read<byte>() != 0 };
            return JsonNode.Parse(reader.ReadString()!, options, new JsonDocumentOptions { MaxDepth = MaximumDepth })!;
        }

        JsonNode? node = Codec<JsonNode?>.Instance.Read(reader);
        foreach (int index in path)
            node = node is JsonObject members ? members.GetAt(index).Value : node![index];

        return node!;
    }

    private static JsonDocument Parse(string? text)
    {
        try
        {
            return JsonDocument.Parse(text!, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new PayloadCorruptException("invalid JSON", e);
        }
    }

    /// <summary>A part of a document, without the rest of the document.</summary>
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
