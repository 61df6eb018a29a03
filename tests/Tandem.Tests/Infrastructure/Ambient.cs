using System.Diagnostics;
using System.Globalization;
using System.Security.Principal;

namespace Tandem.Tests.Infrastructure;

/// <summary>A kind of state that code sets for what runs after it on the same thread, or in the same flow.</summary>
public enum AmbientKind
{
    AsyncLocal,
    Culture,
    UICulture,
    Principal,
    SynchronizationContext,
    Activity,
    Flow,
    ThreadName,
    Priority,
    Background,
}

/// <summary>Reads and sets ambient state, in whatever thread or process it is called.</summary>
internal static class Ambient
{
    private static readonly AsyncLocal<string?> Local = new();

    internal static string Read(AmbientKind kind) => kind switch
    {
        AmbientKind.AsyncLocal => Local.Value ?? "none",
        AmbientKind.Culture => CultureInfo.CurrentCulture.Name,
        AmbientKind.UICulture => CultureInfo.CurrentUICulture.Name,
        AmbientKind.Principal => Thread.CurrentPrincipal?.Identity?.Name ?? "none",
        AmbientKind.SynchronizationContext => SynchronizationContext.Current?.GetType().Name ?? "none",
        AmbientKind.Activity => Activity.Current?.OperationName ?? "none",
        AmbientKind.Flow => $"{ExecutionContext.IsFlowSuppressed()}",
        AmbientKind.ThreadName => Thread.CurrentThread.Name ?? "none",
        AmbientKind.Priority => $"{Thread.CurrentThread.Priority}",
        AmbientKind.Background => $"{Thread.CurrentThread.IsBackground}",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Sets it to what no test expects.</summary>
    internal static void Spoil(AmbientKind kind)
    {
        switch (kind)
        {
            case AmbientKind.AsyncLocal:
                Local.Value = "spoiled";
                break;
            case AmbientKind.Culture:
                Thread.CurrentThread.CurrentCulture = new CultureInfo("sw-KE");
                break;
            case AmbientKind.UICulture:
                CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("sw-KE");
                break;
            case AmbientKind.Principal:
                Thread.CurrentPrincipal = new GenericPrincipal(new GenericIdentity("spoiled"), []);
                break;
            case AmbientKind.SynchronizationContext:
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
                break;
            case AmbientKind.Activity:
                new Activity("spoiled").Start();
                break;
            case AmbientKind.Flow:
                ExecutionContext.SuppressFlow();
                break;
            case AmbientKind.ThreadName:
                Thread.CurrentThread.Name = "spoiled";
                break;
            case AmbientKind.Priority:
                Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
                break;
            case AmbientKind.Background:
                Thread.CurrentThread.IsBackground = !Thread.CurrentThread.IsBackground;
                break;
        }
    }

    /// <summary>Whether it flows with asynchronous work, rather than staying on its thread.</summary>
    internal static bool Flows(AmbientKind kind) => kind <= AmbientKind.UICulture || kind is AmbientKind.Principal or AmbientKind.Activity;
}
