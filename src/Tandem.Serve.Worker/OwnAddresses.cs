using System.Net.Sockets;

namespace Tandem.Serve.Worker;

/// <summary>
/// Notices when code of the application fails to bind an address that is in use. Kestrel's sockets come from the supervisor, so it must be
/// an address that the application binds itself and that, for example, another worker uses already.
/// </summary>
internal static class OwnAddresses
{
    private static ServedWorker? s_unreported;

    internal static void Watch(ServedWorker worker)
    {
        s_unreported = worker;
        AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) =>
        {
            if (thrown.Exception is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                Interlocked.Exchange(ref s_unreported, null)?.ReportAddressTaken();
        };
    }
}
