using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>The objects that all workers of one supervisor share.</summary>
internal sealed record WebWorkerContext(ServeOptions Options, Board Board, ListenerStore Listeners, ServeLog Log)
{
    internal Mailboxes Mailboxes { get; } = new();
}
