using System.Globalization;

namespace Tandem.Serve.Protocol;

/// <summary>
/// The settings of one worker. They are passed in an environment variable, because they are needed before the application's <c>Main</c>.
/// </summary>
/// <param name="Entry">Its entry on the board.</param>
/// <param name="Supervisor">The supervisor's process id.</param>
/// <param name="Urls">
/// The addresses to listen on, separated by semicolons, instead of those of the application; empty for the application's own.
/// </param>
/// <param name="Silence">
/// How long a keep-alive connection must have been silent before a draining worker closes it, in milliseconds.
/// </param>
/// <param name="DrainLimit">How long requests may take after the worker was told to exit, in milliseconds.</param>
/// <param name="ShutdownLimit">
/// How much more time the application's own shutdown has after that, in milliseconds. With 0, the shutdown gets the last part of
/// <paramref name="DrainLimit"/>.
/// </param>
/// <param name="MaxRequests">The number of requests after which the worker stops accepting; 0 for no limit.</param>
/// <param name="HangLimit">
/// How long work may wait for the thread pool before the worker counts as hanging, in milliseconds; 0 for no limit.
/// </param>
/// <param name="MinThreads">The thread pool's lower bound; 0 for the runtime's own.</param>
/// <param name="MaxThreads">The thread pool's upper bound; 0 for the runtime's own.</param>
/// <param name="HasOneProcessor">Whether the worker uses the settings that .NET uses on a single processor.</param>
/// <param name="KeepsServing">Whether the worker continues to serve when its supervisor is gone; otherwise it drains and exits.</param>
/// <param name="Once">The names of hosted services that run in one worker only, separated by semicolons.</param>
/// <param name="Waits">
/// Whether the application's <c>Main</c> waits for the supervisor's <see cref="ServeProtocol.Begin"/> message: true for a standby.
/// </param>
/// <param name="StartProfile">The path of the start profile; empty for none.</param>
/// <param name="Forgets">
/// Environment variables that only this process uses. The worker restores them so that processes which the application starts do not
/// inherit them. Each is a name, or a name and its former value (<c>name=value</c>), separated by <see cref="ForgetSeparator"/>.
/// </param>
/// <param name="RequestLimits">The time limits of requests (<see cref="Protocol.RequestLimits.Write"/>); empty for none.</param>
/// <param name="ScaleWait">
/// How long work must wait for the thread pool before the worker determines whether the threads are blocked, in milliseconds; 0 if the
/// number of workers is fixed.
/// </param>
/// <param name="Sticky">How requests of one client are routed to one worker.</param>
/// <param name="Id">With sticky routing: the id by which other workers and cookies name this worker; otherwise 0.</param>
internal sealed record WorkerSettings(
    int Entry,
    int Supervisor,
    string Urls,
    int Silence,
    int DrainLimit,
    int ShutdownLimit,
    long MaxRequests,
    int HangLimit,
    int MinThreads,
    int MaxThreads,
    bool HasOneProcessor,
    bool KeepsServing,
    string Once,
    bool Waits,
    string StartProfile,
    string Forgets,
    string RequestLimits,
    int ScaleWait,
    StickyMode Sticky = StickyMode.None,
    long Id = 0)
{
    internal const char ForgetSeparator = '\x1f'; // a character that no variable contains

    private const char Separator = '\n';

    internal string Write() => string.Join(
        Separator,
        Number(Entry),
        Number(Supervisor),
        Urls,
        Number(Silence),
        Number(DrainLimit),
        Number(ShutdownLimit),
        MaxRequests.ToString(CultureInfo.InvariantCulture),
        Number(HangLimit),
        Number(MinThreads),
        Number(MaxThreads),
        Number(HasOneProcessor ? 1 : 0),
        Number(KeepsServing ? 1 : 0),
        Once,
        Number(Waits ? 1 : 0),
        StartProfile,
        Forgets,
        RequestLimits,
        Number(ScaleWait),
        Number((int)Sticky),
        Id.ToString(CultureInfo.InvariantCulture));

    internal static WorkerSettings Read(string text)
    {
        string[] parts = text.Split(Separator);
        return new WorkerSettings(
            Number(parts[0]),
            Number(parts[1]),
            parts[2],
            Number(parts[3]),
            Number(parts[4]),
            Number(parts[5]),
            long.Parse(parts[6], CultureInfo.InvariantCulture),
            Number(parts[7]),
            Number(parts[8]),
            Number(parts[9]),
            parts[10] == "1",
            parts[11] == "1",
            parts[12],
            parts[13] == "1",
            parts[14],
            parts[15],
            parts[16],
            Number(parts[17]),
            (StickyMode)Number(parts[18]),
            long.Parse(parts[19], CultureInfo.InvariantCulture));
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
