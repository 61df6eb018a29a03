using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tandem.Tool.Lab;

/// <summary>What a program reads.</summary>
internal static class LabJson
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(IEnumerable<LabEntry> entries) => Console.WriteLine(JsonSerializer.Serialize(
        entries.Select(static entry => new
        {
            entry.Experiment.Name,
            entry.Experiment.Question,
            entry.Experiment.Expected,
            entry.Result?.Measured,
            Verdict = entry.Result?.Verdict switch { null => null, LabVerdict.Holds => "holds", LabVerdict.Partly => "partly", _ => "doesNotHold" },
            entry.Problem,
            entry.Result?.Values,
            Tables = entry.Result?.Tables.Select(static table => new { table.Title, table.Columns, table.Rows }),
            entry.Result?.Text,
        }),
        Format));
}
