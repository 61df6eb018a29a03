namespace Tandem.Launch;

/// <summary>The kinds of programs that worker processes run.</summary>
internal static class WorkerPrograms
{
    extension(ProcessPoolOptions options)
    {
        /// <summary>Another program for worker processes to run beside its own Main; null for none.</summary>
        internal GuestProgram? Guest => options.Program as GuestProgram;

        /// <summary>How worker processes are started; null for as this one was.</summary>
        internal LaunchPlan? Plan => options.Program as LaunchPlan;
    }
}
