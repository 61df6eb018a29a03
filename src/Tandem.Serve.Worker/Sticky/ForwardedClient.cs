using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>A header of forwarded requests that describes the client's connection, which the serving worker does not see.</summary>
/// <remarks>It is trusted only on connections that other workers made, because a client may send such a header too.</remarks>
internal static class ForwardedClient
{
    internal const string Header = "Tandem-Forwarded";

    private const char Separator = '|';

    internal static string Write(HttpContext context)
    {
        ConnectionInfo connection = context.Connection;
        X509Certificate2? certificate = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        return string.Join(
            Separator,
            context.Request.Scheme,
            connection.RemoteIpAddress,
            Number(connection.RemotePort),
            connection.LocalIpAddress,
            Number(connection.LocalPort),
            connection.Id,
            certificate is null ? "" : Convert.ToBase64String(certificate.RawData));
    }

    /// <summary>Restores the client's connection in a request, as the forwarding worker saw it.</summary>
    internal static void Apply(IFeatureCollection features)
    {
        if (features.Get<IHttpRequestFeature>() is not { } request
            || !request.Headers.TryGetValue(Header, out var text)
            || ((string?)text)?.Split(Separator) is not { Length: 7 } parts)
        {
            return;
        }

        request.Headers.Remove(Header);
        request.Scheme = parts[0];
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            RemoteIpAddress = Address(parts[1]),
            RemotePort = int.Parse(parts[2], CultureInfo.InvariantCulture),
            LocalIpAddress = Address(parts[3]),
            LocalPort = int.Parse(parts[4], CultureInfo.InvariantCulture),
            ConnectionId = parts[5],
        });
        if (parts[6].Length > 0)
        {
            features.Set<ITlsConnectionFeature>(new TlsConnectionFeature
            {
                ClientCertificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(parts[6]))
            });
        }

        features.Set(ForwardedMark.Instance);
    }

    private static IPAddress? Address(string text) => text.Length == 0 ? null : IPAddress.Parse(text);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
