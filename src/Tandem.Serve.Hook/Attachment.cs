namespace Tandem.Serve.Hook;

/// <summary>How <see cref="WebHostStartup"/> finds the worker. Apart from it, because a program without ASP.NET Core cannot load that type.</summary>
internal static class Attachment
{
    /// <summary>Attaches the worker to the builder of a host.</summary>
    internal static Action<object>? Attach { get; set; }
}
