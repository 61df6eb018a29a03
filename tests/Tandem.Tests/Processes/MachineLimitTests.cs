using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>A program that has less of something than a pool needs works all the same, or is told what is short and what to do.</summary>
public sealed class MachineLimitTests
{
    // One line each: the limit, what the shell does before, whether each transport works, and what the error says else.
    public static TheoryData<string, string, string, string?> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string, string?>();
            // What needs memory that both processes map needs the same of it, whether it has a name or not.
            void Add(string limit, string before, string? shared, string? portable)
            {
                data.Add("shared-memory", limit, before, shared);
                data.Add("mapped-memory", limit, before, shared);
                data.Add("portable", limit, before, portable);
            }

            const string Works = "works";
            Add("descriptors", ":", "ulimit -n", "ulimit -n");
            Add("none", "ulimit -v 20000000", "ulimit -v", Works);
            Add("file-size", ":", "ulimit -f", Works);
            Add("small-file-size", ":", "ulimit -f", "ulimit -f"); // too little for the runtime of a worker
            Add("current-folder", ":", null, null);
            Add("none", "unset HOME", Works, Works);
            Add("none", "unset PATH DOTNET_ROOT", Works, Works);
            Add("none", "export TMPDIR=/nonexistent", Works, "set TMPDIR");
            Add("none", $"export TMPDIR=/tmp/{new string('x', 90)}; mkdir -p $TMPDIR", Works, Works);
            return data;
        }
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Cases))]
    public async Task A_limit_is_named_with_its_remedy(string kind, string limit, string before, string? expected)
    {
        using HostProgram program = HostProgram.StartBehind(before, "limits", kind, limit);

        Assert.Equal("ready", await program.ReadLineAsync());
        string said = await program.ReadLineAsync();

        if (expected == "works")
            Assert.Equal("works", said);
        else if (expected is null)
            Assert.Matches("^works$|^refused: .*current folder does not exist", said);
        else
            Assert.Matches($"^refused: .*{expected}", said);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("shared-memory")]
    [InlineData("mapped-memory")]
    [InlineData("portable")]
    public async Task The_limit_for_processes_is_named_with_its_remedy(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is Linux's.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess && !File.Exists("/usr/bin/setpriv"), "The limit does not hold for this user, and there is no setpriv to become another one.");
        using var scratch = new Scratch();
        string folder = scratch.File("program");
        HostProgram.Copy(folder);
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(scratch.Folder, File.GetUnixFileMode(scratch.Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=64123", "--regid=64123", "--clear-groups"] : [];
        // The thread that compiles again comes and goes, and a program that cannot have it ends.
        using HostProgram program = HostProgram.StartCommand(
            ["env", "DOTNET_TieredCompilation=0", .. user, Path.Combine(folder, "Tandem.TestHost"), "limits", kind, "processes"]);

        Assert.Equal("ready", await program.ReadLineAsync());
        Assert.Matches("^refused: .*ulimit -u", await program.ReadLineAsync());
    }

    [Theory]
    [InlineData("", "x", "empty")]
    [InlineData("A=B", "x", "'='")]
    [InlineData("A\0B", "x", "NUL")]
    [InlineData("A", "x\0y", "NUL")]
    public void A_variable_that_no_environment_can_hold_is_refused(string name, string value, string problem)
    {
        var options = new ProcessPoolOptions { Environment = { [name] = value } };

        ArgumentException refused = Assert.ThrowsAny<ArgumentException>(() => WorkerPool.Create(options));

        Assert.Contains($"Environment[\"{name.Replace("\0", "\\0", StringComparison.Ordinal)}\"]", refused.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_for_dumps_that_does_not_exist_is_refused()
    {
        var options = new ProcessPoolOptions { CollectDumps = true, DumpFolder = Path.Combine(AppContext.BaseDirectory, "no-such-folder") };

        ArgumentException refused = Assert.Throws<ArgumentException>(() => WorkerPool.Create(options));

        Assert.Equal(nameof(ProcessPoolOptions.DumpFolder), refused.ParamName);
        Assert.Contains(options.DumpFolder, refused.Message, StringComparison.Ordinal);
    }
}
