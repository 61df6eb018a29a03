using System.Threading.Channels;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// Creates channels that threads or processes share, with many writers and many readers in any mix of processes. When work captures a
/// channel or one end of it, or it is part of any serialized value, it arrives as the same channel.
/// </summary>
/// <remarks>
/// Each element arrives once, and the elements of one writer arrive in order. A process that dies while it writes or reads an element
/// loses at most that element, and blocks no other process. A channel is freed when the last process that has it has dropped it or has
/// exited. Elements of types without references are copied byte by byte; other elements are serialized like arguments of calls.
/// </remarks>
public static class SharedChannel
{
    private const int DefaultLongestElement = 64 * 1024;

    /// <summary>Creates a channel whose writers wait while it is full.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="capacity">The maximum number of elements; at least 1.</param>
    /// <param name="isolation">
    /// Who shares the channel. With <see cref="Isolation.Thread"/> it is a <see cref="Channel.CreateBounded{T}(int)"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Processes cannot share a channel here: the system is not Linux, or this program is trimmed or natively compiled.
    /// </exception>
    /// <exception cref="IOException">The system did not provide the memory.</exception>
    public static Channel<T> CreateBounded<T>(int capacity, Isolation isolation = Isolation.Process) =>
        CreateBounded<T>(new BoundedChannelOptions(capacity), isolation);

    /// <summary>Creates a channel.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="options">
    /// The capacity, and what a write to a full channel does. In shared memory, <c>SingleReader</c> and <c>SingleWriter</c> have no
    /// effect, and continuations never run synchronously on the thread of the writer or reader.
    /// </param>
    /// <param name="isolation">
    /// Who shares the channel. With <see cref="Isolation.Thread"/> it is a channel of <see cref="Channel"/>.
    /// </param>
    /// <param name="maxElementBytes">
    /// The maximum size of a serialized element, in bytes. Address space is reserved for the maximum size of all elements; memory is used
    /// only by cells that have held such elements.
    /// </param>
    /// <param name="itemDropped">
    /// Called in the process that created the channel, for each element that a write of this process drops.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity or the maximum size is less than 1.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Processes cannot share a channel here: the system is not Linux, or this program is trimmed or natively compiled.
    /// </exception>
    /// <exception cref="IOException">The system did not provide the memory.</exception>
    public static Channel<T> CreateBounded<T>(
        BoundedChannelOptions options, Isolation isolation = Isolation.Process, int maxElementBytes = DefaultLongestElement,
        Action<T>? itemDropped = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxElementBytes, 1);
        if (isolation == Isolation.Thread)
            return Channel.CreateBounded(options, itemDropped);

        // Elements are serialized, which such a program cannot do.
        if (!ProcessPools.AreSupported)
        {
            throw new PlatformNotSupportedException(
                "This program is trimmed or natively compiled, so processes cannot share a channel. Create it with Isolation.Thread.");
        }

        // Extents are whole cache lines. A maximum below what fits into the cell would save nothing.
        int longest = Math.Max(maxElementBytes, ChannelLayout.LongestInline);
        return ProcessChannel<T>.Create(options.Capacity, options.FullMode, (longest + 127) & ~127, itemDropped);
    }
}
