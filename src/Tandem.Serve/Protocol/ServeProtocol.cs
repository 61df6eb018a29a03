using Tandem.Launch;

namespace Tandem.Serve.Protocol;

/// <summary>What a supervisor and its workers agree on, beside what every pool and its workers do.</summary>
internal static class ServeProtocol
{
    /// <summary>The worker's end of the socket on which messages travel.</summary>
    internal const int MessageDescriptor = LaunchProtocol.FirstGuestDescriptor;

    /// <summary>The memory that all workers share: <see cref="Protocol.Board"/>.</summary>
    internal const int BoardDescriptor = LaunchProtocol.FirstGuestDescriptor + 1;

    /// <summary>With sticky routing: where other workers hand connections to this one.</summary>
    internal const int MailboxDescriptor = LaunchProtocol.FirstGuestDescriptor + 2;

    /// <summary>How the worker is to behave: <see cref="WorkerSettings"/>.</summary>
    internal const string SettingsVariable = "TANDEM_SERVE_WORKER";

    /// <summary>The worker's number, for the application to read if it wants to.</summary>
    internal const string NumberVariable = "TANDEM_WORKER_NUMBER";

    // From a worker. The rest of a message is what stands behind the first blank.
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

    // To a worker.
    internal const string Listener = "listener";
    internal const string Failure = "failure";
    internal const string Begin = "begin";
    internal const string Accept = "accept";
    internal const string Connection = "connection";
    internal const string StopNow = "stop";
    internal const string Finish = "finish";
    internal const string KeepServing = "keep-serving";
    internal const string HeapLimit = "heap-limit";
    internal const string Moved = "moved";
    internal const string GoOn = "go-on";
    internal const string Peer = "peer";

    // Between workers.
    internal const string HandOver = "hand-over";
    internal const string HandBack = "hand-back";
    internal const string Forward = "forward";

    /// <summary>Ends an application that would serve without the supervisor's knowing.</summary>
    internal const int RefusedExitCode = 115;

    /// <summary>How long after it began to serve what a process needs is still part of its start: also what the first requests need.</summary>
    internal static readonly TimeSpan StartTime = TimeSpan.FromSeconds(2);

    /// <summary>How often a worker shows that it lives.</summary>
    internal static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a standby does.</summary>
    internal static readonly TimeSpan StandbyBeat = TimeSpan.FromSeconds(1);
}
