using System.Threading.Channels;
using CsCheck;

namespace Tandem.Tests.Sharing;

/// <summary>A channel in shared memory does what the framework's own does, in every full mode.</summary>
public sealed class SharedChannelModelTests
{
    private static readonly BoundedChannelFullMode[] Modes = Enum.GetValues<BoundedChannelFullMode>();

    [Fact]
    public void Every_sequence_of_operations_ends_like_that_of_the_frameworks_channel() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, Modes.Length - 1], Gen.Int[0, 9].Array[0, 80]).Sample(
            static (capacity, mode, operations) => Compare(
                new BoundedChannelOptions(capacity) { FullMode = Modes[mode] }, operations, static i => i, static i => $"element {i}"),
            iter: 300);

    [Fact]
    public void An_element_that_is_too_large_is_an_error_of_its_writer_alone()
    {
        Channel<string> channel = SharedChannel.CreateBounded<string>(new BoundedChannelOptions(2), maxElementBytes: 1000);
        Assert.Throws<WorkSerializationException>(() => channel.Writer.TryWrite(new string('x', 2000)));
        Assert.True(channel.Writer.TryWrite(new string('x', 400)));
        Assert.Equal(400, channel.Reader.TryRead(out string? read) ? read.Length : 0);
        Assert.Equal(0, channel.Reader.Count);
    }

    private static void Compare(BoundedChannelOptions options, int[] operations, Func<int, int> number, Func<int, string> text)
    {
        Compare(options, operations, number);
        Compare(options, operations, text);
    }

    private static void Compare<T>(BoundedChannelOptions options, int[] operations, Func<int, T> element)
    {
        List<T> dropped = [];
        List<T> expectedDropped = [];
        Channel<T> channel = SharedChannel.CreateBounded<T>(options, itemDropped: dropped.Add);
        Channel<T> model = Channel.CreateBounded<T>(options, expectedDropped.Add);
        for (int i = 0; i < operations.Length; i++)
        {
            switch (operations[i])
            {
                case < 5:
                    Assert.Equal(model.Writer.TryWrite(element(i)), channel.Writer.TryWrite(element(i)));
                    break;
                case < 8:
                    Assert.Equal(model.Reader.TryRead(out T? expected), channel.Reader.TryRead(out T? read));
                    Assert.Equal(expected, read);
                    break;
                case 8:
                    Assert.Equal(model.Reader.TryPeek(out expected), channel.Reader.TryPeek(out read));
                    Assert.Equal(expected, read);
                    break;
                default:
                    if (i % 7 == 0)
                        Assert.Equal(model.Writer.TryComplete(), channel.Writer.TryComplete());
                    break;
            }

            Assert.Equal(model.Reader.Count, channel.Reader.Count);
        }

        Assert.Equal(expectedDropped, dropped);
    }
}
