using System.Runtime.Versioning;
using System.Threading.Channels;
using Tandem.Sharing;

namespace Tandem.Tests.Sharing;

/// <summary>A look at the oldest element while a writer replaces it, step by step.</summary>
[SupportedOSPlatform("linux")]
public sealed unsafe class ChannelPeekTests
{
    [Fact]
    public void A_copy_that_was_made_while_the_element_was_replaced_does_not_count()
    {
        ChannelRing ring = Create();
        Assert.True(ring.TryPeek(out long position, out byte* cell, out long replacements));
        Replace(ring);
        Assert.False(ring.IsStill(position, cell, replacements));
        GC.KeepAlive(ring);
    }

    [Fact]
    public void A_copy_that_was_made_before_or_after_the_element_was_replaced_counts()
    {
        ChannelRing ring = Create();
        Assert.True(ring.TryPeek(out long position, out byte* cell, out long replacements));
        Assert.True(ring.IsStill(position, cell, replacements));
        Replace(ring);
        Assert.True(ring.TryPeek(out position, out cell, out replacements));
        Assert.True(ring.IsStill(position, cell, replacements));
        GC.KeepAlive(ring);
    }

    [Fact]
    public void An_element_that_is_being_replaced_cannot_be_looked_at()
    {
        ChannelRing ring = Create();
        Assert.True(ring.TryClaimNewest(out long position, out byte* cell));
        Assert.False(ring.TryPeek(out _, out _, out _));
        ring.Publish(position, cell);
        Assert.True(ring.TryPeek(out _, out _, out _));
        GC.KeepAlive(ring);
    }

    private static ChannelRing Create()
    {
        ChannelRing ring = ChannelRing.Create(typeof(long), sizeof(long), 1, (int)BoundedChannelFullMode.DropNewest, 0);
        Assert.True(ring.TryClaimWrite(out long position, out byte* cell));
        ring.Publish(position, cell);
        return ring;
    }

    private static void Replace(ChannelRing ring)
    {
        Assert.True(ring.TryClaimNewest(out long position, out byte* cell));
        ring.Publish(position, cell);
    }
}
