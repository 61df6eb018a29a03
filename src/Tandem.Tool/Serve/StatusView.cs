using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Spectre.Console;
using Tandem.Interop;
using Tandem.Serve.Control;

namespace Tandem.Tool.Serve;

/// <summary>Prints the status of the workers.</summary>
[SupportedOSPlatform("linux")]
internal static class StatusView
{
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users.")]
    internal static void Write(ServeStatus status, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(status, ControlJson.Default.ServeStatus));
            return;
        }

        Console.WriteLine($"{status.Application} on {string.Join(", ", status.Addresses)}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"supervisor {status.ProcessId}, up {Age((DateTimeOffset.Now - status.Since).TotalSeconds)}, "
                + $"{ProcessMemory.Display(status.PrivateMemory)} private, {status.Target} workers wanted"
                + $"{(status.Scaling is { } scaling ? $" of {scaling.Min} to {scaling.Max}, by load" : "")}"));
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        foreach (string column in (ReadOnlySpan<string>)
            ["worker", "pid", "state", "age", "requests", "connections", "cpu s", "private", "restarts", "last restart"])
        {
            table.AddColumn(column);
        }

        Dictionary<int, SlotStatus> slots = status.Slots.ToDictionary(static slot => slot.Number);
        foreach (WorkerStatus worker in status.Workers)
        {
            table.AddRow(
                new Text(worker.Number == 0 ? "spare" : Number(worker.Number)),
                new Text(Number(worker.ProcessId)),
                new Text(slots.TryGetValue(worker.Number, out SlotStatus? slot) && slot is { IsCrashLoop: true }
                    ? $"{worker.State}, crash loop"
                    : worker.State),
                new Text(Age(worker.AgeSeconds)),
                new Text(Number(worker.Requests)),
                new Text(Number(worker.Connections)),
                new Text(worker.ProcessorSeconds.ToString("0.0", CultureInfo.InvariantCulture)),
                new Text(ProcessMemory.Display(worker.PrivateMemory)),
                new Text(Number(worker.Restarts)),
                new Text(worker.LastRestarts is [.., { } last] ? FirstLine(last.Reason) : ""));
        }

        foreach (SlotStatus slot in status.Slots.Where(slot => !status.Workers.Any(worker => worker.Number == slot.Number)))
        {
            table.AddRow(
                new Text(Number(slot.Number)),
                new Text("-"),
                new Text(slot.State),
                new Text("-"),
                new Text("-"),
                new Text("-"),
                new Text("-"),
                new Text("-"),
                new Text(Number(slot.Restarts)),
                new Text(slot.LastRestarts is [.., { } last] ? FirstLine(last.Reason) : ""));
        }

        foreach (int standby in status.Standbys ?? []) // null if the supervisor is older than this tool
            table.AddRow("standby", Number(standby), "waiting");

        AnsiConsole.Write(table);
        if (status.Scaling is { } load)
            Console.WriteLine(Describe(load));
        foreach (SlotStatus slot in status.Slots.Where(static slot => slot.TimedOut > 0))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"worker {slot.Number}: {slot.TimedOut} requests exceeded --request-timeout; "
                    + $"{slot.StuckReplacements} replacements because a request did not release its thread"));
        }

        if (status.Workers.Sum(static worker => worker.HandedOver + worker.Forwarded) > 0)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"sticky: {status.Workers.Sum(static worker => worker.HandedOver)} connections handed over to their worker, "
                    + $"{status.Workers.Sum(static worker => worker.Forwarded)} requests forwarded to it"));
        }

        foreach (SlotStatus slot in status.Slots.Where(static slot => slot.IsCrashLoop || slot.NextAttempt is not null))
            Console.WriteLine(Describe(slot));
    }

    /// <summary>Describes a worker that is in a crash loop or waits for its next start.</summary>
    internal static string Describe(SlotStatus slot)
    {
        string next = slot.NextAttemptSeconds is { } wait
            ? string.Create(CultureInfo.InvariantCulture, $"; next attempt in {wait:0.0} s")
            : "";
        string last = slot.LastRestarts is [.., { } restart] ? $"; last: {FirstLine(restart.Reason)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"worker {slot.Number}: {slot.Problem ?? slot.State}; {slot.Restarts} restarts{next}{last}");
    }

    /// <summary>Describes the load, and the last change that it caused.</summary>
    internal static string Describe(ScalingStatus scaling) => string.Create(
        CultureInfo.InvariantCulture,
        $"load: {scaling.State}; workers were added {scaling.Ups} times and removed {scaling.Downs} times"
            + $"{(scaling.LastChange is { } last ? $"; last {last.Time:yyyy-MM-dd HH:mm:ss}, {last.Reason}" : "")}");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string FirstLine(string text) => text.Split('\n')[0];

    private static string Age(double seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };
}
