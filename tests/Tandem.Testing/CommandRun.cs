namespace Tandem.Testing;

/// <summary>What a command left behind: its output, and the processes of it that still run.</summary>
public sealed record CommandRun(string Line, int ExitCode, string Output, string Errors, string[] Survivors)
{
    /// <summary>What finds its processes; empty for a command whose processes are not looked for.</summary>
    internal string Marker { get; init; } = "";

    /// <summary>Checks that it left no process behind. One that is ending just then is given the time to end.</summary>
    public void AssertLeftNothing()
    {
        string[] left = Survivors;
        Eventually.Blocking(() => left is [] || (left = Shell.Survivors(Marker)) is [], () => $"'{Line}' left processes behind: {string.Join(", ", left)}");
    }

    public void AssertSucceeded() => Assert.True(ExitCode == 0, $"'{Line}' exited with code {ExitCode}:\n{Output}\n{Errors}");

    /// <summary>Some forms of a program need packages of .NET's own, which a machine without a network may not have.</summary>
    public void SkipWhenPackagesAreOutOfReach()
    {
        // Not found, or a source that does not answer. Other errors of a restore are the project's own.
        string[] codes = ["error NU1100", "error NU1101", "error NU1102", "error NU1103", "error NU1301"];
        string[] missing = [.. (Output + Errors).Split('\n').Where(line => codes.Any(code => line.Contains(code, StringComparison.Ordinal)))];
        bool isTandem = missing.Any(line => line.Contains("package Tandem", StringComparison.Ordinal));
        Assert.SkipWhen(missing.Length > 0 && !isTandem, $"A package that this form of a program needs cannot be restored here: {missing.FirstOrDefault()}");
    }
}
