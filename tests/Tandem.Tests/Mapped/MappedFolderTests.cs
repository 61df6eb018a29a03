using System.Runtime.Versioning;
using Tandem.Tests.Infrastructure;
using Tandem.Transport.Mapped;

namespace Tandem.Tests.Mapped;

/// <summary>The folders of pools over mapped memory, when pools and programs end in whatever way.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class MappedFolderTests
{
    [Fact]
    public void A_folder_whose_pool_exists_is_not_abandoned()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using MappedFolder folder = MappedFolder.Create();

        Assert.False(MappedFolder.TryDeleteAbandoned(folder.Path));
        Assert.True(Directory.Exists(folder.Path));
        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
        Assert.True(MappedFolder.TryDeleteAbandoned(folder.Path));
    }

    [Fact]
    public void A_folder_without_a_lock_belongs_to_a_pool_that_is_being_created()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using var scratch = new Scratch();

        Assert.False(MappedFolder.TryDeleteAbandoned(scratch.Folder));
        Assert.True(Directory.Exists(scratch.Folder));
    }

    [Fact]
    public void A_folder_whose_program_is_gone_is_deleted_with_all_that_is_in_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files here.");
        using var scratch = new Scratch();
        string folder = Directory.CreateDirectory(scratch.File("pool")).FullName;
        File.WriteAllText(Path.Combine(folder, "lock"), "");
        File.WriteAllText(Path.Combine(folder, "requests"), "memory");

        Assert.True(MappedFolder.TryDeleteAbandoned(folder));
        Assert.False(Directory.Exists(folder));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("idle")]
    [InlineData("busy")]
    public async Task Of_a_killed_program_no_folder_is_left(string work)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the descriptors of another process.");
        using HostProgram program = HostProgram.Start("hold", "mapped-memory", work);
        int[] workers = await program.WorkersAsync();
        string[] folders = [.. FoldersOf(program.Id)];
        Assert.Single(folders);
        Assert.All(folders, static folder => Assert.True(Directory.Exists(folder)));

        Deaths.Kill(program.Id);

        await Eventually.Async(() => Array.TrueForAll(workers, static worker => !ProcFs.IsAlive(worker)));
        Assert.All(folders, static folder => Assert.False(Directory.Exists(folder)));
    }

    private static IEnumerable<string> FoldersOf(int process) =>
        Directory.GetFiles($"/proc/{process}/fd")
            .Select(static descriptor => new FileInfo(descriptor).LinkTarget)
            .OfType<string>()
            .Where(static target => target.Contains("/tandem-pool-", StringComparison.Ordinal) && target.EndsWith("/lock", StringComparison.Ordinal))
            .Select(static target => Path.GetDirectoryName(target)!)
            .Distinct();
}
