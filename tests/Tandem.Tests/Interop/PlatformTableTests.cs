using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.InWorker;
using Tandem.Launch;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Interop;

/// <summary>What differs between systems and architectures is in tables, which are tested everywhere.</summary>
public sealed class PlatformTableTests
{
    [Theory]
    [InlineData(0xC0000005, "exited with code 0xC0000005 (access violation)")]
    [InlineData(0xC00000FD, "exited with code 0xC00000FD (stack overflow)")]
    [InlineData(0xE0434352, "exited with code 0xE0434352 (unhandled .NET exception)")]
    [InlineData(0x80131506, "exited with code 0x80131506 (internal error of the .NET runtime)")]
    [InlineData(0x80131623, "exited with code 0x80131623 (Environment.FailFast)")]
    [InlineData(0xC0000409, "exited with code 0xC0000409 (fast fail, such as abort or a stack buffer overrun)")]
    [InlineData(0xC000013A, "exited with code 0xC000013A (Ctrl+C)")]
    [InlineData(0x40010004, "exited with code 0x40010004 (terminated by the system or a debugger)")]
    [InlineData(0xC0DEBEEF, "exited with code 0xC0DEBEEF")] // not in the table
    [InlineData(0xFFFFFFFF, "exited with code -1")]
    [InlineData(42, "exited with code 42")]
    [InlineData(0, "exited with code 0")]
    public void An_exit_code_of_Windows_is_told_in_hexadecimal_with_its_name(uint code, string expected) =>
        Assert.Equal(expected, ExitStatus.Describe(unchecked((int)code), null));

    [Fact]
    public void Both_tables_of_signals_have_the_signals_that_this_library_sends_or_explains()
    {
        foreach (string[] names in (string[][])[SignalNames.Linux, SignalNames.Bsd])
        {
            Assert.Equal(32, names.Length);
            Assert.Equal(names.Length, names.Distinct().Count());
            Assert.Equal("SIGKILL", names[Libc.SIGKILL]);
            Assert.Equal("SIGTERM", names[Libc.SIGTERM]);
            Assert.Equal("SIGABRT", names[6]);
            Assert.Equal("SIGSEGV", names[11]);
        }

        Assert.Equal(["SIGSTOP", "SIGTSTP", "SIGCONT", "SIGCHLD"], SignalNames.Bsd[17..21]);
        Assert.Equal(["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP"], SignalNames.Linux[17..21]);
        Assert.Equal("signal 77", SignalNames.Of(77));
    }

    [Fact]
    public void The_constants_for_signals_are_those_of_Linux()
    {
        Assert.Equal("SIGSTOP", SignalNames.Of(Libc.SIGSTOP, SignalNames.Linux));
        Assert.Equal("SIGCONT", SignalNames.Of(Libc.SIGCONT, SignalNames.Linux));
        Assert.Equal("SIGCHLD", SignalNames.Of(Libc.SIGCHLD, SignalNames.Linux));
        Assert.Equal("SIGUSR1", SignalNames.Of(Libc.SIGUSR1, SignalNames.Linux));
        Assert.Equal("SIGUSR2", SignalNames.Of(Libc.SIGUSR2, SignalNames.Linux));
        Assert.Equal("SIGHUP", SignalNames.Of(Libc.SIGHUP, SignalNames.Linux));
        Assert.Equal("SIGTTIN", SignalNames.Of(Libc.SIGTTIN, SignalNames.Linux));
        Assert.Equal("SIGTTOU", SignalNames.Of(Libc.SIGTTOU, SignalNames.Linux));
    }

    [Theory]
    [InlineData(Architecture.X64, true)]
    [InlineData(Architecture.Arm64, true)]
    [InlineData(Architecture.X86, false)]
    [InlineData(Architecture.Arm, false)]
    [InlineData(Architecture.S390x, false)]
    [InlineData(Architecture.Ppc64le, false)]
    [InlineData(Architecture.LoongArch64, false)]
    [InlineData(Architecture.RiscV64, false)]
    public void Shared_memory_is_used_where_the_numbers_of_the_system_calls_are_known(Architecture architecture, bool isKnown)
    {
        Assert.Equal(isKnown, SystemCalls.Of(architecture) is not null);
        string? reason = SharedMemoryLinks.ReasonAgainst(isLinux: true, architecture);
        Assert.Equal(isKnown, reason is null);
        if (!isKnown)
            Assert.Contains($"{architecture}", reason, StringComparison.Ordinal);
        Assert.Contains("not Linux", SharedMemoryLinks.ReasonAgainst(isLinux: false, architecture), StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_system_calls_have_one_number()
    {
        foreach (Architecture architecture in (Architecture[])[Architecture.X64, Architecture.Arm64])
        {
            SystemCalls calls = SystemCalls.Of(architecture)!;
            int[] numbers = [calls.Futex, calls.GetThreadId, calls.SetRobustList, calls.SetScheduling, calls.GetScheduling, calls.StatX];
            Assert.Equal(numbers.Length, numbers.Distinct().Count());
        }
    }

    /// <summary>C libraries have their functions since different versions, and musl has not all that glibc has.</summary>
    [Fact]
    public void Every_function_that_is_imported_exists_in_the_C_library_of_this_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The imports are those of Linux.");
        // What may be missing: the code that uses it has another way, or tells what is missing.
        HashSet<string> optional = ["statx", "posix_spawn_file_actions_addchdir_np"];
        Assembly tandem = typeof(Libc).Assembly;
        string[] imported =
        [
            .. tandem.GetTypes()
                .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Select(static method => method.GetCustomAttribute<DllImportAttribute>())
                .Where(static import => import is { Value: "libc" })
                .Select(static import => import!.EntryPoint!)
                .Distinct(),
        ];
        Assert.Contains("mmap", imported);
        Assert.Contains("statx", imported);
        nint library = NativeLibrary.Load("libc", tandem, null);
        Assert.DoesNotContain(imported, name => !optional.Contains(name) && !NativeLibrary.TryGetExport(library, name, out _));
    }

    /// <summary>musl has a function since version 1.2.5.</summary>
    [Fact]
    public void A_file_has_the_same_identity_with_and_without_the_C_library_s_function()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has this system call.");
        string file = typeof(PlatformTableTests).Assembly.Location;
        Assert.NotNull(Libc.IdentityOf(file, byLibrary: false));
        Assert.Equal(Libc.IdentityOf(file), Libc.IdentityOf(file, byLibrary: false));
        Assert.Equal(Libc.IdentityOf("/dev/null"), Libc.IdentityOf("/dev/null", byLibrary: false));
        Assert.Null(Libc.IdentityOf(file + ".missing", byLibrary: false));
    }

    [Fact]
    public void Structures_have_the_layout_that_Windows_expects()
    {
        Assert.SkipUnless(Environment.Is64BitProcess, "The offsets are those of 64-bit systems.");
        Assert.Equal(144, Unsafe.SizeOf<Kernel32.JobLimits>());
        Assert.Equal(16, Marshal.OffsetOf<Kernel32.JobLimits>(nameof(Kernel32.JobLimits.Flags)));
        Assert.Equal(112, Marshal.OffsetOf<Kernel32.JobLimits>(nameof(Kernel32.JobLimits.ProcessMemoryLimit)));
    }

    [Theory]
    [InlineData(39, 1L << 30)]
    [InlineData(42, 8L << 30)]
    [InlineData(47, 64L << 30)]
    [InlineData(48, 64L << 30)]
    [InlineData(57, 64L << 30)]
    public void An_area_for_payloads_takes_a_small_part_of_the_address_space(int bits, long size)
    {
        Assert.Equal(size, AddressSpace.ShareOf(bits));
        Assert.True(size <= (1L << bits) / 500);
    }

    [Fact]
    public void The_address_space_of_x64_has_room_for_full_areas()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "Other architectures have several sizes.");
        Assert.Equal(64L << 30, AddressSpace.Share);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(8)]
    [InlineData(1)]
    public void Where_the_address_space_is_full_an_area_is_smaller(int room)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these areas.");
        Assert.SkipWhen(SystemLimits.LimitsMappings, "A limit of this process would be told instead.");
        List<nint> tried = [];

        using SharedRegion region = PayloadArea.CreateRegion(size =>
        {
            tried.Add(size);
            return size >> 30 <= room ? SharedRegion.Create("tandem-test", size, othersReadOnly: false) : throw new IOException("mmap failed");
        });

        Assert.True(region.Length >> 30 <= room);
        Assert.Equal(region.Length, tried[^1]);
    }

    [Fact]
    public void Where_there_is_no_room_at_all_that_is_an_error() =>
        Assert.Equal("mmap failed", Assert.Throws<IOException>(() => PayloadArea.CreateRegion(static _ => throw new IOException("mmap failed"))).Message);

    [Theory]
    [InlineData("/tmp/", 60, "/tmp/")]
    [InlineData("/var/folders/zz/0123456789_0123456789_0123456/T/", 61, "/var/folders/zz/0123456789_0123456789_0123456/T/")] // macOS
    [InlineData("/home/some-user-with-a-long-name/a-project-with-a-long-name/build/temporary-files/", 61, "/tmp")]
    [InlineData("/tmp/日本語日本語日本語日本語日本語日本語/", 61, "/tmp/日本語日本語日本語日本語日本語日本語/")] // 59 bytes
    [InlineData("/tmp/日本語日本語日本語日本語日本語日本語日本語/", 61, "/tmp")] // 68 bytes
    public void A_folder_that_is_too_long_for_a_socket_is_replaced(string temporary, int longest, string expected) =>
        Assert.Equal(expected, SocketFolder.Choose(temporary, longest, static _ => true));

    [Fact]
    public void Where_no_short_folder_is_writable_the_long_one_stays_and_is_told()
    {
        string temporary = $"/{new string('x', 100)}";
        Assert.Equal(temporary, SocketFolder.Choose(temporary, 61, static _ => false));
    }

    [Theory]
    [InlineData("", "", "", false)]
    [InlineData("C", "", "", false)]
    [InlineData("", "", "de_DE.UTF-8", false)]
    [InlineData("", "", "de_DE.utf8@euro", false)]
    [InlineData("", "", "de_DE@euro", false)]
    [InlineData("", "", "de_DE.ISO-8859-1", true)]
    [InlineData("", "", "de_DE.ISO-8859-15@euro", true)]
    [InlineData("", "ja_JP.eucJP", "ja_JP.UTF-8", true)]
    [InlineData("C", "ja_JP.eucJP", "ja_JP.eucJP", false)]
    [InlineData("ru_RU.KOI8-R", "", "ru_RU.UTF-8", true)]
    public void The_first_variable_that_names_a_locale_decides_on_its_encoding(string all, string messages, string language, bool isOther)
    {
        Assert.Equal(isOther, OutputEncoding.IsOtherEncoding(name => name switch
        {
            "LC_ALL" => all,
            "LC_MESSAGES" => messages,
            "LANG" => language,
            _ => null,
        }));
    }

    [Fact]
    public void Where_the_case_of_variables_does_not_matter_a_variable_is_set_and_removed_in_any_case()
    {
        Dictionary<string, string> environment = EnvironmentNames.Copy<string>(
            [new("Path", "system"), new("Temp", "old"), new("HOME", "home")], StringComparer.OrdinalIgnoreCase);

        EnvironmentNames.Apply([new("PATH", "user"), new("TEMP", null)], environment);

        Assert.Equal(2, environment.Count);
        Assert.Equal("user", environment["path"]);
        Assert.Equal("home", environment["Home"]);
    }

    [Fact]
    public void Of_variables_that_are_the_same_the_last_one_counts()
    {
        Dictionary<string, string?> variables = EnvironmentNames.Copy<string?>([new("Path", "1"), new("PATH", "2")], StringComparer.OrdinalIgnoreCase);
        Assert.Equal("2", Assert.Single(variables).Value);
        Assert.Equal(2, EnvironmentNames.Copy<string?>([new("Path", "1"), new("PATH", "2")], StringComparer.Ordinal).Count);
    }
}
