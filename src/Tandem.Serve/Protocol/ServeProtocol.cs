using Tandem.Launch;

namespace Tandem.Serve.Protocol;

/// <summary>The conventions between a supervisor and its workers, in addition to those between any pool and its workers.</summary>
internal static class ServeProtocol
{
    /// <summary>The worker's end of the message socket.</summary>
    internal const int MessageDescriptor = LaunchProtocol.FirstGuestDescriptor;

    /// <summary>The memory that all workers share: <see cref="Protocol.Board"/>.</summary>
    internal const int BoardDescriptor = LaunchProtocol.FirstGuestDescriptor + 1;

    /// <summary>With sticky routing: the socket through which other workers hand connections over to this one.</summary>
    internal const int MailboxDescriptor = LaunchProtocol.FirstGuestDescriptor + 2;

    /// <summary>The environment variable that holds the worker's <see cref="WorkerSettings"/>.</summary>
    internal const string SettingsVariable = "TANDEM_SERVE_WORKER";

    /// <summary>The environment variable that holds the worker's number. The application may read it.</summary>
    internal const string NumberVariable = "TANDEM_WORKER_NUMBER";

    // Messages from a worker. The text after the first blank is the message's argument.
    internal const string Attached = "attached";
    internal const string HostAttached = "host-attached";
    internal const string Listen = "listen";
    internal const string Unlisten = "unlisten";
    internal const string Started = "started";
    internal const string Warning = "warning";
    internal const string Refused = "refused";
    internal const string Finishing = "finishing";
    internal const string AddressTaken = "address-taken";
    internal const string NearlyDue = "nearly-due";
    internal const string Due = "due";
    internal const string Stuck = "stuck";
    internal const string OnlyStuckLeft = "only-stuck-left";
    internal const string AskPeer = "ask-peer";

    // Messages to a worker.
    internal const string Listener = "listener";
    internal const string Failure = "failure";
    internal const string Begin = "begin";
    internal const string Accept = "accept";
    internal const string Connection = "connection";
    internal const string StopNow = "stop";
    internal const string Finish = "finish";
    internal const string HeapLimit = "heap-limit";
    internal const string Moved = "moved";
    internal const string Resume = "go-on";
    internal const string Peer = "peer";

    // Messages between workers.
    internal const string HandOver = "hand-over";
    internal const string HandBack = "hand-back";
    internal const string Forward = "forward";

    /// <summary>
    /// The exit code with which a worker's process ends if the application would serve outside of the supervisor's control.
    /// </summary>
    internal const int RefusedExitCode = 115;

    /// <summary>
    /// How long after a process began to serve the code that it loads still counts as part of its start: the code of the first requests
    /// counts, too.
    /// </summary>
    internal static readonly TimeSpan StartTime = TimeSpan.FromSeconds(2);

    /// <summary>How often a worker publishes its heartbeat.</summary>
    internal static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a standby publishes its heartbeat.</summary>
    internal static readonly TimeSpan StandbyBeat = TimeSpan.FromSeconds(1);
}
