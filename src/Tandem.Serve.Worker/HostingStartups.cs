namespace Tandem.Serve.Worker;

/// <summary>
/// Sets the environment variable that names assemblies which take part in a host's start. It names Tandem's hook until Tandem is attached
/// to a host. Programs that the application starts must not inherit it.
/// </summary>
internal static class HostingStartups
{
    private const string Variable = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES";
    private const string Hook = "Tandem.Serve.Hook";

    private static string? s_former;
    private static int s_isSet;

    internal static void Add()
    {
        s_former = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, string.IsNullOrEmpty(s_former) ? Hook : $"{s_former};{Hook}");
        Volatile.Write(ref s_isSet, 1);
    }

    internal static void Remove()
    {
        if (Interlocked.Exchange(ref s_isSet, 0) == 1)
            Environment.SetEnvironmentVariable(Variable, s_former);
    }
}
