using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>What accepts connections, and serves those that stay with this worker.</summary>
internal interface IConnectionSource
{
    /// <summary>Where it listens.</summary>
    EndPoint EndPoint { get; }

    /// <summary>Has this worker serve a connection.</summary>
    void Serve(int descriptor, EndPoint? remote);
}
