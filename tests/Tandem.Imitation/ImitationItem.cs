using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Imitation;

/// <summary>A call (which has a task) or the elements of a chunk, serialized.</summary>
internal sealed class ImitationItem(ICallTask? task, Chunk? chunk, CallPayload callPayload, CancellationToken token) : WorkItem(token)
{
    internal override Chunk? Chunk => chunk;

    internal ICallTask Task => task!;

    internal CallPayload Payload => callPayload;

    /// <summary>The worker that has it, and which of its runs this is. Under the engine's lock.</summary>
    internal ImitationWorker? Worker { get; set; }

    internal uint Sequence { get; set; }

    internal WorkPriority Priority => Limits?.Priority ?? WorkPriority.Normal;

    internal CallLinks AnswerLinks => DetailsIfAny?.AnswerLinks ?? CallLinks.ForResults;

    protected override string MethodName => callPayload.RemoteMethod.Method.Name;

    internal override bool SetException(Exception error) => chunk?.Fail(error) ?? task!.Fail(this, error);

    internal override void SetCanceled(CancellationToken token)
    {
        chunk?.Cancel(token);
        task?.Cancel(this, token);
    }
}
