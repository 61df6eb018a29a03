using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Processes;

/// <summary>How far one worker has come with the steps of its startup (<see cref="WorkerStartup"/>).</summary>
/// <param name="worker">The worker.</param>
/// <param name="sender">Sends the steps.</param>
/// <param name="reader">Reads the worker's payloads, one at a time.</param>
internal sealed unsafe class StartupProgress(ProcessWorker worker, WorkerSender sender, PayloadReader reader)
{
    private int _stepsSent;
    private bool _isConnected; // whether the worker has sent its first frame

    /// <summary>Whether the worker has come up and runs the steps, or has run them.</summary>
    internal bool HasBegun => _isConnected && _stepsSent > 0;

    /// <summary>How many steps are done: the initializer, the state factory, as far as the pool has them.</summary>
    internal int StepsDone { get; private set; }

    /// <summary>What the step after those that are done threw.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Sends a step, before the worker is one of the pool's.</summary>
    /// <param name="step">What to run.</param>
    /// <param name="number">Its position, from 0.</param>
    internal void Send(StartupStep step, int number)
    {
        _stepsSent = number + 1;
        sender.SendInitialize(step, number);
    }

    /// <summary>For the thread that reads the worker's frames: the worker has come up.</summary>
    internal void OnConnected() => _isConnected = true;

    /// <summary>For the thread that reads the worker's frames: a step has ended.</summary>
    internal void OnAnswer(in Frame frame)
    {
        // One answer to each step, in order, and none after one that failed.
        if (worker.Life.IsUp || Failure is not null || frame.Sequence != StepsDone || StepsDone >= _stepsSent)
            throw new ProtocolException($"an answer to step {frame.Sequence} of the startup, where none is due");

        ResultMessage message = ResultMessage.Read(in frame);
        if (message.Outcome != Outcome.Completed)
        {
            reader.Begin(
                worker.Link.ResolveResult(in frame, ref message), (nint)message.Length, CallLinks.ForResults, AnswerPolicy.Errors);
            Failure = ExceptionCodec.Read(reader);
            reader.End();
        }
        else
        {
            StepsDone++;
        }
    }
}
