using Tandem.Interop;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// Memory between pages that nobody may touch: the first byte behind it is a fault, which ends the test run, and so is every byte
/// before it but for what a page is larger than it.
/// </summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int Page = 4096;
    private const int MAP_PRIVATE = 2;
    private const int MAP_FIXED = 0x10;
    private const int MAP_ANONYMOUS = 0x20;

    private readonly nint _address;
    private readonly nint _length;

    internal GuardedMemory(int size)
    {
        int pages = (size + Page - 1) / Page * Page;
        _length = pages + (2 * Page);
        _address = Libc.Mmap(0, _length, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        Assert.NotEqual(-1, _address);
        Assert.NotEqual(-1, Libc.Mmap(_address + Page, pages, Libc.PROT_READ | Libc.PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
        Start = (byte*)_address + Page + pages - size;
    }

    internal byte* Start { get; }

    public void Dispose() => _ = Libc.Munmap(_address, _length);
}
