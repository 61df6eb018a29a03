using System.Diagnostics;
using System.Globalization;

namespace Tandem.Top.Tests.Infrastructure;

/// <summary>A program with pools, for the tests of one class; it and its workers end with them.</summary>
public class HostFixture(params string[] role) : IAsyncLifetime
{
    private readonly Process _process = new()
    {
        StartInfo = new ProcessStartInfo(Tool.Host, role) { RedirectStandardOutput = true },
    };

    /// <summary>The program's process.</summary>
    internal int Id => _process.Id;

    internal string IdText => Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>What it said when it was ready.</summary>
    internal string Said { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are looked at through Linux's /proc.");
        _process.Start();
        Said = await _process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Condition) ?? "";
        Assert.NotEmpty(Said);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    internal void Kill() => _process.Kill();
}

/// <summary>Its pools "thumbnails" (processes) and "parser" (threads) are at work.</summary>
public sealed class TrafficFixture() : HostFixture("traffic");

/// <summary>An item hangs in its pool of processes, and one in its pool of threads.</summary>
public sealed class HangFixture() : HostFixture("hang")
{
    /// <summary>The worker process.</summary>
    internal int Worker => int.Parse(Said["workers ".Length..], CultureInfo.InvariantCulture);
}
