using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Spectre.Console;
using Tandem.Serve.Control;
using Tandem.Supervision;

namespace Tandem.Tool.Serve;

/// <summary>Shows how it goes with the workers.</summary>
[SupportedOSPlatform("linux")]
internal static class StatusView
{
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
            $"supervisor {status.ProcessId}, up {Age((DateTimeOffset.Now - status.Since).TotalSeconds)}, {ProcessMemory.Display(status.PrivateMemory)} private, {status.Target} workers wanted"));
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        foreach (string column in (ReadOnlySpan<string>)["worker", "pid", "state", "age", "requests", "connections", "cpu s", "private", "restarts", "last restart"])
            table.AddColumn(column);

        foreach (WorkerStatus worker in status.Workers)
        {
            table.AddRow(
                new Text(worker.Number == 0 ? "spare" : Number(worker.Number)),
                new Text(Number(worker.ProcessId)),
                new Text(worker.State),
                new Text(Age(worker.AgeSeconds)),
                new Text(Number(worker.Requests)),
                new Text(Number(worker.Connections)),
                new Text(worker.ProcessorSeconds.ToString("0.0", CultureInfo.InvariantCulture)),
                new Text(ProcessMemory.Display(worker.PrivateMemory)),
                new Text(Number(worker.Restarts)),
                new Text(worker.LastRestarts is [.., { } last] ? FirstLine(last.Reason) : ""));
        }

        foreach (int standby in status.Standbys ?? []) // of a supervisor that is older than this tool there is none
            table.AddRow("standby", Number(standby), "waiting");

        AnsiConsole.Write(table);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string FirstLine(string text) => text.Split('\n')[0];

    private static string Age(double seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };
}
