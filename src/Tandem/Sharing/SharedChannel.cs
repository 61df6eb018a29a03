using System.Threading.Channels;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// Makes channels that threads or processes share: many writers and many readers, in any mix of processes. The channel, or one end of
/// it, is captured in work or is part of any value that travels, and arrives as the same channel.
/// </summary>
/// <remarks>
/// Elements arrive once, and those of one writer in order. A process that dies while it writes or reads loses at most the element
/// that it is just writing or reading, and blocks nobody. A channel is gone when the last process that has it has dropped it or ended.
/// Elements of types without references are copied as they are; others are written like arguments of calls.
/// </remarks>
public static class SharedChannel
{
    private const int DefaultLongestElement = 64 * 1024;

    /// <summary>Makes a channel in which writers wait while it is full.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="capacity">How many elements it can hold; at least 1.</param>
    /// <param name="isolation">Who shares it: with <see cref="Isolation.Thread"/> it is <see cref="Channel.CreateBounded{T}(int)"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux, and processes are to share the channel.</exception>
    /// <exception cref="IOException">The system refuses the memory.</exception>
    public static Channel<T> CreateBounded<T>(int capacity, Isolation isolation = Isolation.Process) =>
        CreateBounded<T>(new BoundedChannelOptions(capacity), isolation);

    /// <summary>Makes a channel.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="options">
    /// Its capacity, and what a write to a full channel does. In shared memory the promises of a single reader or writer change
    /// nothing, and continuations never run on the thread of whoever writes or reads.
    /// </param>
    /// <param name="isolation">Who shares it: with <see cref="Isolation.Thread"/> it is that of <see cref="Channel"/>.</param>
    /// <param name="maxElementBytes">
    /// How many bytes an element may take that is not copied as it is. The address space of all of them is reserved, memory is taken
    /// by those that were used.
    /// </param>
    /// <param name="itemDropped">Called in the process that made the channel, for each element that its writes drop.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux, and processes are to share the channel.</exception>
    /// <exception cref="IOException">The system refuses the memory.</exception>
    public static Channel<T> CreateBounded<T>(
        BoundedChannelOptions options, Isolation isolation = Isolation.Process, int maxElementBytes = DefaultLongestElement, Action<T>? itemDropped = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxElementBytes, 1);
        if (isolation == Isolation.Thread)
            return Channel.CreateBounded(options, itemDropped);

        // Whole cache lines for each extent, and no more than what fits a cell wastes none.
        int longest = Math.Max(maxElementBytes, ChannelLayout.LongestInline);
        return ProcessChannel<T>.Create(options.Capacity, options.FullMode, (longest + 127) & ~127, itemDropped);
    }
}
