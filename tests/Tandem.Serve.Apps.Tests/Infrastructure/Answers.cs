using System.Net;
using System.Text.RegularExpressions;

namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>What a server answered, without what differs from one answer of the same server to the next.</summary>
internal sealed record Answer(HttpStatusCode Status, string? MediaType, string Body);

/// <summary>Asks servers.</summary>
internal static partial class Answers
{
    internal static async Task<Answer> AskAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        // Latin 1 keeps every byte of an image too.
        byte[] body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, response.Content.Headers.ContentType?.MediaType, Same(System.Text.Encoding.Latin1.GetString(body)));
    }

    private static string Same(string body) => Request().Replace(Protected().Replace(body, "PROTECTED"), "REQUEST");

    /// <summary>What data protection made (anti-forgery tokens, Blazor's descriptors): encrypted, so each time different.</summary>
    [GeneratedRegex(@"CfDJ8(?:[\w+/=-]|\\u002B)+")]
    private static partial Regex Protected();

    /// <summary>Numbers of a request, as Blazor and the error pages show them.</summary>
    [GeneratedRegex(@"\b[0-9a-f]{32}\b|\b00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\b")]
    private static partial Regex Request();
}
