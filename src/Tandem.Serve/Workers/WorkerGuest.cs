using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Apps;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>The application as a guest program, which a pool starts in its own process.</summary>
internal sealed class WorkerGuest(
    ResolvedApp app,
    Board board,
    Func<int>? openMailbox,
    Func<bool> isOver,
    Action<MessageSocket> onConnected,
    Action<int, string> onOutput) : GuestProgram
{
    private const string HookName = "Tandem.Serve.Hook.dll";

    internal override LaunchPlan CreatePlan()
    {
        if (isOver())
        {
            throw new WorkerStartException(
                "It has exited, and its successor is another worker."); // otherwise the pool would start another process for it
        }

        if (!Directory.Exists(app.Folder))
        {
            throw new WorkerStartException(
                $"Its folder '{app.Folder}' is gone. Create it again, or run `tandem serve reload` to serve another version.");
        }

        if (!File.Exists(app.Path))
        {
            throw new WorkerStartException(
                $"The application '{app.Path}' is gone. Restore it, or run `tandem serve reload` to serve another version.");
        }

        string hook = Path.Combine(AppContext.BaseDirectory, HookName);
        return File.Exists(hook)
            ? new LaunchPlan(app.Executable, app.Arguments, hook, app.Folder)
            : throw new WorkerStartException($"{hook} is missing; install the tool again.");
    }

    internal override int[] OpenDescriptors()
    {
        MessageSocket messages = MessageSocket.CreatePair(out int other);
        onConnected(messages);
        int shared = Libc.Fcntl(board.Descriptor, Libc.F_DUPFD_CLOEXEC, 64);
        return openMailbox is null ? [other, shared] : [other, shared, openMailbox()];
    }

    internal override Action<int, string, bool> OutputSink => (processId, line, _) => onOutput(processId, line);
}
