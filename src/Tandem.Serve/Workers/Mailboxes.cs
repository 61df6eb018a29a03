using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// With sticky routing: for each worker a socket by which others hand it connections. The worker has the end that reads; this process has the
/// one that writes, and gives it to workers that ask. So they need the supervisor only once for each other worker.
/// </summary>
internal sealed class Mailboxes
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _writing = [];

    /// <summary>A new one, in place of one that a worker of that id had before.</summary>
    /// <returns>The worker's end.</returns>
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

    /// <summary>Gives one that asks what it needs to hand connections to another worker; nothing where that is gone.</summary>
    internal void Answer(MessageSocket asker, string id)
    {
        lock (_lock)
        {
            int writing = long.TryParse(id, CultureInfo.InvariantCulture, out long known) ? _writing.GetValueOrDefault(known, -1) : -1;
            asker.TrySend(ServeProtocol.Peer, id, writing);
        }
    }

    /// <summary>The worker is gone.</summary>
    internal void Close(long id)
    {
        lock (_lock)
        {
            if (_writing.Remove(id, out int writing))
                _ = Libc.Close(writing);
        }
    }
}
