namespace Tandem.Launch;

/// <summary>The kinds of programs that worker processes can run.</summary>
internal static class WorkerPrograms
{
    extension(ProcessPoolOptions options)
    {
        /// <summary>Another program for worker processes to run in addition to its own Main; null for none.</summary>
        internal GuestProgram? Guest => options.Program as GuestProgram;

        /// <summary>How worker processes are started; null to start this program.</summary>
        internal LaunchPlan? Plan => options.Program as LaunchPlan;
    }
}
