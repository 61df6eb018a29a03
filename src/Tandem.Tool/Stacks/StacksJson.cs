using System.Text.Json.Serialization;

namespace Tandem.Tool.Stacks;

/// <summary>Serializes the reports.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 2048)]
[JsonSerializable(typeof(StackReport))]
[JsonSerializable(typeof(TreeReport))]
internal sealed partial class StacksJson : JsonSerializerContext;
