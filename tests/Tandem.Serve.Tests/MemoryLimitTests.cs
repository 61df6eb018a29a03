using Tandem.Serve.Os;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>The memory limit of the container is found, wherever in the tree of control groups it is.</summary>
public sealed class MemoryLimitTests : IDisposable
{
    private const string Mount2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    private const string Mounts1 =
        """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

        """;

    private readonly TemporaryFolder _root = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_version_2_every_level_up_to_the_root_counts_and_the_smallest_limit_holds(bool isMountTold)
    {
        Own("0::/a/b/c\n");
        if (isMountTold)
            Mounts(Mount2);
        Write("sys/fs/cgroup/a/b/c/memory.max", "max\n");
        Assert.Null(Limit());
        Write("sys/fs/cgroup/a/memory.max", "1000000000\n");
        Assert.Equal(1_000_000_000, Limit());
        Write("sys/fs/cgroup/a/b/memory.max", "800000000\n");
        Assert.Equal(800_000_000, Limit());
        Write("sys/fs/cgroup/a/b/c/memory.max", "900000000\n");
        Assert.Equal(800_000_000, Limit());
        Write("sys/fs/cgroup/memory.max", "536870912\n"); // in a container the root is a group with a limit
        Assert.Equal(512 << 20, Limit());
        Write("sys/fs/cgroup/other/memory.max", "1\n");
        Assert.Equal(512 << 20, Limit());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_version_1_the_process_s_own_group_and_those_above_it_count(bool isMountTold)
    {
        Own("9:name=systemd:/\n5:cpu,cpuacct:/cpu\n4:memory:/jobs/mine\n0::/\n");
        if (isMountTold)
            Mounts(Mounts1);
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/cpu/memory.limit_in_bytes", "1\n");
        Assert.Null(Limit());
        Write("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "1000000000\n");
        Assert.Equal(1_000_000_000, Limit());
        Write("sys/fs/cgroup/memory/jobs/mine/memory.limit_in_bytes", "536870912\n");
        Assert.Equal(512 << 20, Limit());
    }

    [Fact]
    public void Of_version_1_a_limit_above_what_is_mounted_counts()
    {
        Own("4:memory:/jobs/mine\n");
        Mounts("35 31 0:32 /jobs/mine /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.stat", "cache 7\nhierarchical_memory_limit 536870912\nhierarchical_memsw_limit 1\n");
        Assert.Equal(512 << 20, Limit());
    }

    [Theory]
    [InlineData("4,5:x:/\n12:cpuset,memory:/docker/abc\n", "35 31 0:32 /docker/abc /my\\040groups ro - cgroup cgroup rw,cpuset,memory\n", "my groups/memory.limit_in_bytes")]
    [InlineData("0::/docker/abc/inner\n", "35 31 0:32 /docker/abc /groups ro - cgroup2 cgroup rw\n", "groups/inner/memory.max")]
    [InlineData("0::/../other\n", "35 31 0:32 / /groups ro - cgroup2 cgroup rw\n", "groups/memory.max")]
    [InlineData("0::/docker/abcd\n", "34 31 0:32 /docker/abc /wrong ro - cgroup2 cgroup rw\n35 31 0:32 /docker /groups ro - cgroup2 cgroup rw\n", "groups/abcd/memory.max")]
    public void The_hierarchy_is_found_where_it_is_mounted(string own, string mounts, string file)
    {
        Own(own);
        Mounts(mounts);
        Write("wrong/memory.max", "1\n");
        Write(file, "536870912\n");
        Assert.Equal(512 << 20, Limit());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\n::\n0:\n4:memory\n")]
    public void Where_nothing_is_told_there_is_no_limit(string text)
    {
        Assert.Null(Limit());
        Own(text);
        Mounts(text);
        Write("sys/fs/cgroup/memory.max", text);
        Assert.Null(Limit());
    }

    public void Dispose() => _root.Dispose();

    private long? Limit() => ControlGroups.MemoryLimit(_root.Path);

    private void Own(string text) => Write("proc/self/cgroup", text);

    private void Mounts(string text) => Write("proc/self/mountinfo", text);

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root[file])!);
        File.WriteAllText(_root[file], text);
    }
}
