namespace Tandem.Serve.Worker.Sticky;

/// <summary>A feature of requests that another worker has forwarded: they are served here whatever their cookie says.</summary>
internal sealed class ForwardedMark
{
    internal static readonly ForwardedMark Instance = new();

    private ForwardedMark()
    {
    }
}
