namespace Tandem.Serialization;

/// <summary>Cancellation tokens: by number, so that cancelling a token in this process cancels its counterpart in the other.</summary>
internal sealed class CancellationTokenCodec : Codec<CancellationToken>
{
    private const int Never = -1;
    private const int Cancelled = -2;

    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, CancellationToken value)
    {
        if (!value.CanBeCanceled)
            writer.Write(Never);
        else if (value.IsCancellationRequested)
            WriteCancelled(writer, value);
        else
            writer.Write(
                (writer.Links ?? throw new WorkSerializationException(Refusals.ForNoCall("a CancellationToken"))).AddToken(value));
    }

    internal override CancellationToken Read(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number == Never)
            return CancellationToken.None;

        if (number == Cancelled)
            return ReadCancelled(reader);

        if (number < 0)
            throw new PayloadCorruptException($"a token with the number {number}");

        return (reader.Links ?? throw new PayloadCorruptException("a token outside of a call")).GetToken(number);
    }

    /// <summary>
    /// Cancelled tokens are numbered too, so that the exception of work that such a token ends refers to the caller's token.
    /// </summary>
    private static void WriteCancelled(PayloadWriter writer, CancellationToken value)
    {
        // This token is the same in all processes.
        bool isOfNoSource = value == new CancellationToken(true);
        writer.Write(Cancelled);
        writer.Write((isOfNoSource ? null : writer.Links?.AddCanceledToken(value)) ?? Never);
    }

    private static CancellationToken ReadCancelled(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        if (number < Never)
            throw new PayloadCorruptException($"a cancelled token with the number {number}");

        return number == Never || reader.Links is not { } links ? new CancellationToken(true) : links.GetCanceledToken(number);
    }
}
