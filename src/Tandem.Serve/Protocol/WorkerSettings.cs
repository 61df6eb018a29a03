using System.Globalization;

namespace Tandem.Serve.Protocol;

/// <summary>How one worker is to behave. It travels in the environment, because it is needed before the application's <c>Main</c>.</summary>
/// <param name="Entry">Its entry on the board.</param>
/// <param name="Supervisor">The supervisor's process id.</param>
/// <param name="Urls">Where to listen instead of where the application wants to, separated by semicolons; empty for where it wants to.</param>
/// <param name="Silence">How long a kept-alive connection must have been silent before a worker that drains closes it, in milliseconds.</param>
/// <param name="DrainLimit">How long requests may take from when a worker is told to end, in milliseconds.</param>
/// <param name="ShutdownLimit">How much longer the application's own shutdown may take, in milliseconds; 0 for none, so that it has the last part of the time for requests.</param>
/// <param name="MaxRequests">After how many requests it takes no more; 0 for never.</param>
/// <param name="HangLimit">How long work may wait for the thread pool before that counts as a hang, in milliseconds; 0 for ever.</param>
/// <param name="MinThreads">The thread pool's lower bound; 0 for the runtime's own.</param>
/// <param name="MaxThreads">The thread pool's upper bound; 0 for the runtime's own.</param>
/// <param name="HasOneProcessor">Whether it is to take of the machine what .NET takes on one processor.</param>
/// <param name="KeepsServing">Whether the worker goes on when its supervisor is gone; else it drains and ends.</param>
/// <param name="Once">Names of hosted services of which only one in all workers runs, separated by semicolons.</param>
/// <param name="Waits">Whether the application's <c>Main</c> is to wait until the supervisor says that it may begin.</param>
/// <param name="StartProfile">Where what its start needs is kept for the next one; empty for nowhere.</param>
/// <param name="Forgets">
/// Environment variables that are for this process only, not for those that the application starts: a name, or a name and what it was before
/// (<c>name=value</c>); separated by <see cref="ForgetSeparator"/>.
/// </param>
/// <param name="RequestLimits">How long requests may take (<see cref="Protocol.RequestLimits.Write"/>); empty for as long as they want.</param>
/// <param name="ScaleWait">From when on work has waited long for the thread pool, in milliseconds, so that more workers are due; 0 where there are as many as there are.</param>
/// <param name="Sticky">By what all requests of one client are brought to one worker.</param>
/// <param name="Id">With sticky routing: by what other workers and cookies know it; else 0.</param>
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
    internal const char ForgetSeparator = '\x1f'; // which no variable has in it

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
