using System.Text.Encodings.Web;
using System.Text.Json;
using Tandem.Tool.Lab.Deciding;

namespace Tandem.Tool.Lab;

/// <summary>Writes the experiments as JSON.</summary>
internal static class LabJson
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    internal static void Write(IEnumerable<LabEntry> entries) => Console.WriteLine(JsonSerializer.Serialize(
        entries.Select(static entry => new
        {
            entry.Experiment.Name,
            entry.Experiment.Question,
            entry.Experiment.Expected,
            entry.Result?.Measured,
            Verdict = Word(entry.Result?.Decision.Verdict),
            entry.Result?.Decision.Reason,
            Claims = entry.Result?.Decision.Findings.Select(
                static finding => new { finding.Claim, Verdict = Word(finding.Verdict), finding.Why }),
            Noise = entry.Result?.Decision.Noise is { } noise
                ? new
                {
                    OthersPercent = noise.Others * 100,
                    MostPercent = noise.Most * 100,
                    noise.Rounds,
                    DisturbedRounds = noise.Disturbed
                }
                : null,
            entry.Problem,
            entry.Result?.Values,
            Tables = entry.Result?.Tables.Select(static table => new { table.Title, table.Columns, table.Rows }),
            entry.Result?.Text,
        }),
        Format));

    private static string? Word(LabVerdict? verdict) => verdict switch
    {
        null => null,
        LabVerdict.Holds => "holds",
        LabVerdict.DoesNotHold => "doesNotHold",
        _ => "tooBusy",
    };
}
