using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Receives the connections that other workers hand over. A dedicated thread reads them at once, because connections in the mailbox would
/// be lost if the process crashed.
/// </summary>
internal sealed class Mailbox(MessageSocket socket, Action<Message> handle)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Start() => new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Tandem mailbox" }.Start();

    /// <summary>Refuses further connections, so that other workers serve them; completes when all earlier ones were handled.</summary>
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
