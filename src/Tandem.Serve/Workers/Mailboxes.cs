using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// With sticky routing: one pair of sockets per worker, over which other workers hand connections over to it. The worker has the reading
/// end. This process has the writing end, and gives a copy to each worker that asks for it. So a worker needs the supervisor only once for
/// each other worker.
/// </summary>
internal sealed class Mailboxes
{
    private readonly Lock _lock = new(); // guards _writing
    private readonly Dictionary<long, int> _writing = []; // the writing ends, by worker id

    /// <summary>Creates a mailbox; it replaces the mailbox that a worker with this id had before.</summary>
    /// <returns>The descriptor of the reading end.</returns>
    internal int Open(long id)
    {
        MessageSocket.CreatePair(out int writing, out int reading);
        lock (_lock)
        {
            if (_writing.Remove(id, out int former))
                _ = Libc.Close(former);
            _writing.Add(id, writing);
        }

        return reading;
    }

    /// <summary>Sends a worker the writing end of another worker's mailbox; no descriptor if that worker is gone.</summary>
    internal void Answer(MessageSocket asker, string id)
    {
        lock (_lock)
        {
            int writing = long.TryParse(id, CultureInfo.InvariantCulture, out long known) ? _writing.GetValueOrDefault(known, -1) : -1;
            asker.TrySend(ServeProtocol.Peer, id, writing);
        }
    }

    /// <summary>Closes the writing end of a worker that is gone.</summary>
    internal void Close(long id)
    {
        lock (_lock)
        {
            if (_writing.Remove(id, out int writing))
                _ = Libc.Close(writing);
        }
    }
}
