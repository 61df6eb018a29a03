using System.Net.Sockets;

namespace Tandem.Serve.Worker;

/// <summary>
/// Notices when code of the application fails to bind an address that is in use. Kestrel's addresses are the supervisor's, so it is one that the
/// application binds by itself, and the other worker has it already.
/// </summary>
internal static class OwnAddresses
{
    private static ServedWorker? s_untold;

    internal static void Watch(ServedWorker worker)
    {
        s_untold = worker;
        AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) =>
        {
            if (thrown.Exception is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                Interlocked.Exchange(ref s_untold, null)?.TellAddressTaken();
        };
    }
}
