using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Where other workers hand this one connections. A thread of its own waits for them: what lies here would be lost with the process.</summary>
internal sealed class Mailbox(MessageSocket socket, Action<Message> handle)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Start() => new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Tandem mailbox" }.Start();

    /// <summary>Refuses what others hand over from now on, so that they serve it; completes when all that had come before was handled.</summary>
    internal Task CloseAsync()
    {
        socket.StopReceiving();
        return _ended.Task;
    }

    private void Run()
    {
        while (true)
        {
            ReceiveOutcome outcome = socket.Receive(-1, out Message message);
            if (outcome == ReceiveOutcome.Message)
                handle(message);
            else if (outcome == ReceiveOutcome.End)
                break;
        }

        socket.Dispose();
        _ended.TrySetResult();
    }
}
