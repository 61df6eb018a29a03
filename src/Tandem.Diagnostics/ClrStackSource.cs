using System.Runtime.InteropServices;
using System.Text;
using Tandem.BackgroundWork;
using Tandem.Stacks;

namespace Tandem.Diagnostics;

/// <summary>
/// Reads stacks with ClrMD: it stops the process with ptrace, walks its threads through the runtime's debugging library, and continues the
/// process.
/// </summary>
/// <remarks>
/// One thread attaches, walks and detaches, because ptrace belongs to the thread that attached. Everything that can be done later, above
/// all finding source lines, is done after the process continues.
/// </remarks>
internal sealed class ClrStackSource : WorkerStackSource
{
    // One capture at a time: two tracers of one process would fail, and the library is not thread-safe.
    private static readonly Lock Gate = new();

    internal override bool TryCapture(int processId, int? threadId, TimeSpan limit, out string stack, out string problem)
    {
        var capture = new Capture(processId, threadId, limit);
        Background.Thread("Tandem stack capture", 0, capture.Run, capture.Fail).UnsafeStart();
        if (!capture.Done.Wait(limit))
        {
            // The capture continues in the background, and detaches from the process in any case.
            stack = "";
            problem = TooLong(limit);
            return false;
        }

        stack = capture.Stack ?? "";
        problem = capture.Problem ?? "";
        return capture.Stack is not null;
    }

    internal override void WarmUp()
    {
        // The debugging library takes longest to load, and stays loaded.
        _ = NativeLibrary.TryLoad(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), StackWalk.DebuggingLibrary), out _);
        SourceLines.WarmUp();
    }

    private static string TooLong(TimeSpan limit) => $"it took longer than {limit.TotalMilliseconds:0} ms.";

    private sealed class Capture(int processId, int? threadId, TimeSpan limit)
    {
        internal ManualResetEventSlim Done { get; } = new();

        internal string? Stack { get; private set; }

        internal string? Problem { get; private set; }

        internal void Fail(Exception error)
        {
            Problem = Explain(error);
            Done.Set();
        }

        internal void Run()
        {
            try
            {
                // The caller waits no longer than that, and threads must not pile up behind one that is stuck.
                if (!Gate.TryEnter(limit))
                {
                    Problem = TooLong(limit); // it may be heard: the caller's time ends about now, not always before
                    return;
                }

                List<StackLine> lines;
                try
                {
                    lines = StackWalk.Of(processId, threadId);
                }
                finally
                {
                    Gate.Exit();
                }

                if (lines.Count == 0)
                {
                    Problem = "no thread runs code of the program at this moment; asynchronous work waits without a thread.";
                    return;
                }

                var text = new StringBuilder();
                foreach (StackLine line in lines)
                    text.Append(text.Length > 0 ? "\n" : "").Append("   at ").Append(line.Method).Append(SourceLines.Of(line));

                Stack = text.ToString();
            }
            catch (Exception e)
            {
                Problem = Explain(e);
            }
            finally
            {
                Done.Set();
            }
        }

        private static string Explain(Exception e) =>
            e.Message.Contains("PTRACE", StringComparison.OrdinalIgnoreCase) || e is UnauthorizedAccessException
                ? $"the system does not let this process trace its worker ({e.Message}). In a container, allow SYS_PTRACE; "
                    + "elsewhere, set kernel.yama.ptrace_scope to 0 or 1."
                : $"{e.GetType().Name}: {e.Message}";
    }
}
