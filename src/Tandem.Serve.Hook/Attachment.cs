namespace Tandem.Serve.Hook;

/// <summary>
/// Connects <see cref="WebHostStartup"/> with the worker. A separate type, because a program without ASP.NET Core cannot load
/// <see cref="WebHostStartup"/>.
/// </summary>
internal static class Attachment
{
    /// <summary>Attaches the worker to the builder of a host.</summary>
    internal static Action<object>? Attach { get; set; }
}
