using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>What can be wrong from the start: each with a message that says what to do, and a code that scripts can use.</summary>
public sealed class BadInputTests
{
    [Fact(Timeout = Limits.Test)]
    public Task A_missing_application() => RefusedAsync(ServeExitCode.BadApplication, "does not exist", "./no-such-app.dll");

    [Fact(Timeout = Limits.Test)]
    public Task A_folder() => RefusedAsync(ServeExitCode.BadApplication, "is a folder", Path.GetTempPath());

    [Fact(Timeout = Limits.Test)]
    public Task A_library() => RefusedAsync(ServeExitCode.BadApplication, "is not an application", typeof(ServeOptions).Assembly.Location);

    [Fact(Timeout = Limits.Test)]
    public Task A_program_that_is_not_for_the_web() => RefusedAsync(ServeExitCode.BadApplication, "is not an ASP.NET Core application", Paths.Tool);

    [Fact(Timeout = Limits.Test)]
    public Task Dotnet_run() => RefusedAsync(ServeExitCode.BadApplication, "'dotnet run' builds the application", "--", "dotnet", "run");

    [Fact(Timeout = Limits.Test)]
    public Task A_file_that_is_not_executable() => RefusedAsync(ServeExitCode.BadApplication, "is not executable", Path.ChangeExtension(Paths.App, ".deps.json"));

    [Fact(Timeout = Limits.Test)]
    public async Task A_folder_for_control_sockets_that_somebody_else_has_put_there()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateSymbolicLink(folder["tandem"], folder.Path);
        var info = new ProcessStartInfo("dotnet", [Paths.Tool, "serve", "status"]) { RedirectStandardError = true, Environment = { ["XDG_RUNTIME_DIR"] = folder.Path } };
        using Process status = Process.Start(info)!;
        string error = await status.StandardError.ReadToEndAsync();
        await status.WaitForExitAsync();
        Assert.Contains("belongs to another user, or is a link", error, StringComparison.Ordinal);
        Assert.Equal((int)ServeExitCode.Failure, status.ExitCode);
    }

    [Fact(Timeout = Limits.Test)]
    public Task No_application() => RefusedAsync((ServeExitCode)1, "The application is missing.");

    [Theory(Timeout = Limits.Test)]
    [InlineData("--workers", "0", "1 to 128")]
    [InlineData("--threads", "8:2", "two such as 8:64")]
    [InlineData("--urls", "localhost", "begin with http://")]
    [InlineData("--health", "health", "begins with /")]
    [InlineData("--orphans", "dance", "'drain' or 'serve'")]
    [InlineData("--max-memory", "1M", "at least 16M")]
    public Task A_value_that_makes_no_sense(string option, string value, string says) => RefusedAsync(ServeExitCode.Usage, says, option, value, Paths.App);

    [Theory(Timeout = Limits.Test)]
    [InlineData("--hang-timeout", "soon", "500ms, 30s, 5m or 2h")]
    [InlineData("--max-memory", "much", "500M or 2G")]
    public Task A_value_that_is_none(string option, string value, string says) => RefusedAsync((ServeExitCode)1, says, option, value, Paths.App);

    [Fact(Timeout = Limits.Test)]
    public async Task A_port_in_use()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        await RefusedAsync(ServeExitCode.BadAddress, "the address is already in use", "--urls", $"http://{other.LocalEndPoint}", Paths.App);
    }

    [Fact(Timeout = Limits.Test)]
    public Task An_address_that_this_machine_has_not() =>
        RefusedAsync(ServeExitCode.BadAddress, "this machine has no such address", "--urls", "http://192.0.2.1:5000", Paths.App);

    [Fact(Timeout = Limits.Test)]
    public async Task A_broken_certificate()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["broken.pfx"], "no certificate");
        await RefusedAsync(
            ServeExitCode.NotReady, "CryptographicException", Paths.App, "--", "--urls", "http://127.0.0.1:0", "--https-port", "5443", "--certificate", folder["broken.pfx"]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_application_without_startup_hooks()
    {
        using var folder = new TemporaryFolder();
        string app = folder.AddApp("app", "1");
        string config = Path.ChangeExtension(app, ".runtimeconfig.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"configProperties\": {", "\"configProperties\": { \"System.StartupHookProvider.IsSupported\": false,", StringComparison.Ordinal));
        await RefusedAsync(ServeExitCode.BadApplication, "StartupHookSupport", app);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_application_for_an_older_runtime()
    {
        using var folder = new TemporaryFolder();
        string app = folder.AddApp("app", "1");
        string config = Path.ChangeExtension(app, ".runtimeconfig.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"version\": \"10.0.0\"", "\"version\": \"8.0.0\"", StringComparison.Ordinal));
        await RefusedAsync(ServeExitCode.BadApplication, "needs an application for .NET 10", app);
    }

    /// <summary>As one that was compiled to native code: it runs, but no hook does.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_program_in_which_no_hook_runs()
    {
        using var folder = new TemporaryFolder();
        string program = folder["native"];
        File.WriteAllText(program, "#!/bin/sh\nexec sleep 60\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await RefusedAsync(ServeExitCode.BadApplication, "compiled to native code", "--attach-timeout", "500ms", program);
    }

    [Fact(Timeout = Limits.Test)]
    public Task A_health_path_that_never_is_well() =>
        RefusedAsync(ServeExitCode.NotReady, "/nothing-there answers 404", "--health", "/nothing-there", "--start-timeout", "15s", "--urls", "http://127.0.0.1:0", Paths.App);

    [Fact(Timeout = Limits.Test)]
    public Task No_supervisor_to_talk_to() => RefusedAsync(ServeExitCode.NoSupervisor, "No supervisor answers at", "status");

    private static async Task RefusedAsync(ServeExitCode code, string says, params string[] arguments)
    {
        await using ServeProcess serve = ServeProcess.Launch(arguments);
        int exit = await serve.ExitAsync();
        await serve.LineAsync(says);
        Assert.Equal((int)code, exit);
    }
}
