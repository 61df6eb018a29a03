using Tandem.Transport;

namespace Tandem.Invocation;

/// <summary>Reads answers in the calling process: an exception of the work may name a token that the call captured.</summary>
/// <param name="sent">What the work captured; null if it captured only plain values.</param>
/// <param name="own">The token that the item was submitted with.</param>
internal sealed class AnswerLinks(SentLinks? sent, CancellationToken own) : CallLinks
{
    public override CancellationToken? TokenOf(int number)
    {
        if (number == FrameHeader.OwnToken)
            return own;

        return sent is not null && (uint)number < (uint)sent.Tokens.Count ? sent.Tokens[number] : null;
    }
}
