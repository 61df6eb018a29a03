namespace Tandem.Serve.Worker.Sticky;

/// <summary>A feature that marks requests which another worker has forwarded. They are served here, whatever their cookie says.</summary>
internal sealed class ForwardedMark
{
    internal static readonly ForwardedMark Instance = new();

    private ForwardedMark()
    {
    }
}
