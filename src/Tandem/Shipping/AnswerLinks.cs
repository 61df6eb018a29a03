using Tandem.Transport;

namespace Tandem.Shipping;

/// <summary>The caller's side of an answer: the tokens of the call, which a cancellation that the work threw may name.</summary>
/// <param name="sent">What the work captured; null for nothing but plain values.</param>
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
