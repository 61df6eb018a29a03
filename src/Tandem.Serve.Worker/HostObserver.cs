using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>
/// Is notified of every host that is about to be built, after the application's own configuration, by the diagnostic event that .NET's
/// design-time tools also use (https://github.com/dotnet/runtime/blob/main/src/libraries/Microsoft.Extensions.HostFactoryResolver).
/// </summary>
internal sealed class HostObserver(ServedWorker worker) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string Source = "Microsoft.Extensions.Hosting";
    private const string Event = "HostBuilding";

    internal static void Subscribe(ServedWorker worker) => DiagnosticListener.AllListeners.Subscribe(new HostObserver(worker));

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == Source)
            value.Subscribe(this, static (name, _, _) => name == Event);
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == Event)
            Configure(value.Value);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    // A separate method, because an application without this library cannot load the type.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Configure(object? value)
    {
        if (value is IHostBuilder builder)
            builder.ConfigureServices((_, services) => ServeServices.Add(services, worker));
    }
}
