using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Compare;

namespace Tandem.Tool.Compare;

/// <summary>Writes a comparison as JSON. Each name contains its unit.</summary>
internal static class ComparisonJson
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    internal static void Write(TextWriter output, ComparisonResult result) => output.WriteLine(JsonSerializer.Serialize(
        new
        {
            result.Machine,
            result.ItemsPerRun,
            result.ItemsGiven,
            result.Rounds,
            MeanItemSeconds = result.MeanItemTime.TotalSeconds,
            result.ComputingShare,
            ElapsedSeconds = result.Elapsed.TotalSeconds,
            Configurations = result.Configurations.Select(Configuration),
            Recommendation = new
            {
                result.Recommendation.IsTie,
                result.Recommendation.Best,
                Configuration = Identity(result.Recommendation.Configuration),
                result.Recommendation.Headline,
                result.Recommendation.Reasons,
                result.Recommendation.Code,
            },
            result.Notes,
        },
        Format));

    private static object Identity(WorkerConfiguration configuration) => new
    {
        configuration.Name,
        configuration.Model,
        configuration.Isolation,
        configuration.Workers,
        configuration.ConcurrencyPerWorker,
    };

    private static object Configuration(ConfigurationResult one) => new
    {
        one.Configuration.Name,
        one.Configuration.Model,
        one.Configuration.Isolation,
        one.Configuration.Workers,
        one.Configuration.ConcurrencyPerWorker,
        one.Failure,
        ItemsPerSecond = one.Throughput,
        ItemsPerSecondByRound = one.ThroughputByRound,
        NoiseShare = one.Noise,
        one.SpeedUp,
        LatencySeconds = new
        {
            P50 = one.Latency.Median.TotalSeconds,
            P90 = one.Latency.Percentile90.TotalSeconds,
            P99 = one.Latency.Percentile99.TotalSeconds,
            Max = one.Latency.Maximum.TotalSeconds,
            one.Latency.Count,
        },
        ProcessorSecondsPerItem = one.ProcessorTimePerItem.TotalSeconds,
        PeakMemoryBytes = one.Memory.Peak,
        PrivateMemoryBytes = one.Memory.Private,
        Collections = new
        {
            PauseSeconds = one.Collections.PauseTime.TotalSeconds,
            one.Collections.PauseShare,
            one.Collections.Count,
            one.Collections.AllocatedBytes,
        },
        one.VoluntarySwitches,
        one.InvoluntarySwitches,
        StartSeconds = one.StartTime.TotalSeconds,
        RunSeconds = one.RunTime.TotalSeconds,
        one.FailedItems,
        one.FirstErrors,
        BlastRadius = one.BlastRadius is not { } radius ? null : new
        {
            radius.EndsProgram,
            radius.Items,
            radius.RunningItemsLost,
            radius.FinishedItemsLost,
            radius.ItemsNeverRun,
            RecoverySeconds = radius.Recovery?.TotalSeconds,
            radius.Description,
        },
    };
}
