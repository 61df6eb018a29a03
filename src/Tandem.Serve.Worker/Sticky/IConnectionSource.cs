using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Accepts connections, and serves those that stay with this worker.</summary>
internal interface IConnectionSource
{
    /// <summary>The address on which it listens.</summary>
    EndPoint EndPoint { get; }

    /// <summary>Serves a connection in this worker.</summary>
    void Serve(int descriptor, EndPoint? remote);
}
