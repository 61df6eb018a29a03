using Tandem.Serve.Os;

namespace Tandem.Serve.Worker;

/// <summary>Writes the start profile when the start has ended.</summary>
internal sealed class ProfileKeeper
{
    private volatile Task _kept = Task.CompletedTask; // completes when the profile is written

    /// <summary>Completes when no profile is being written.</summary>
    internal Task Kept => _kept;

    /// <summary>
    /// Writes the start profile on a separate thread, because the disk may be slow. The process does not exit meanwhile, because it would
    /// leave a partial profile behind.
    /// </summary>
    internal void Keep()
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _kept = kept.Task;
        new Thread(Write, 256 * 1024) { IsBackground = false, Name = "Tandem profile" }.Start();

        void Write()
        {
            StartProfile.End();
            kept.SetResult();
        }
    }
}
