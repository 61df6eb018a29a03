using System.Globalization;

namespace Tandem.Launch;

/// <summary>
/// What the worker processes of a pool are: the program that they run, and how a pool starts, equips and treats them. A new kind of worker
/// process is a class that derives from this one. Its counterpart inside of the process is <c>WorkerKind</c> in the folder InWorker.
/// </summary>
internal abstract class LaunchableProgram : WorkerProgram
{
    /// <summary>Gets the program of a pool: the one in its options, or this program.</summary>
    internal static LaunchableProgram Of(ProcessPoolOptions options) => (LaunchableProgram?)options.Program ?? ThisProgram.Instance;

    /// <summary>
    /// Whether a supervisor of its own decides what the exit of a worker means. Then the pool starts no other worker after an exit before
    /// there is work again.
    /// </summary>
    internal virtual bool HasOwnSupervisor => false;

    /// <summary>
    /// Called with the process id, for each line that a worker writes and whether it was written to standard error, on the thread that
    /// watches processes. Must not block. Null for what the pool does with lines: its logger or this process's streams.
    /// </summary>
    internal virtual Action<int, string, bool>? OutputSink => null;

    /// <summary>Called when a pool is created: throws if no worker can be started.</summary>
    /// <exception cref="WorkerStartException">The program cannot be started.</exception>
    internal virtual void Check()
    {
    }

    /// <summary>Creates the plan for a start. Called before each start.</summary>
    /// <exception cref="WorkerStartException">The program cannot be started.</exception>
    internal abstract LaunchPlan CreatePlan();

    /// <summary>
    /// Opens descriptors that a worker inherits in addition to those of its link, and that get the numbers after these. The caller closes
    /// them once the process has started.
    /// </summary>
    internal virtual int[] OpenDescriptors() => [];

    /// <summary>Adds settings of the runtime. The pool's variables are added later and override them.</summary>
    private protected virtual void AddSettings(ProcessPoolOptions options, Dictionary<string, string> environment)
    {
    }

    /// <summary>Adds variables that a worker reads when it begins. Nothing overrides them.</summary>
    private protected virtual void AddVariables(LaunchPlan plan, Dictionary<string, string> environment)
    {
    }

    /// <summary>
    /// Creates the environment of a worker: this process's environment, the program's settings, the pool's variables, and those of <see
    /// cref="LaunchProtocol"/>.
    /// </summary>
    /// <param name="plan">The plan of the start.</param>
    /// <param name="options">The pool's.</param>
    /// <param name="address">What the worker connects to: the value of <see cref="LaunchProtocol.WorkerVariable"/>.</param>
    /// <param name="depth">The number of nested pools of processes above this process.</param>
    /// <param name="depthLimit">The maximum depth.</param>
    internal Dictionary<string, string> CreateEnvironment(
        LaunchPlan plan, ProcessPoolOptions options, string address, int depth, int depthLimit)
    {
        Dictionary<string, string> environment = LaunchPlan.OwnEnvironment();
        AddSettings(options, environment);
        DiagnosticFiles.RequestDumps(options, environment);
        EnvironmentNames.Apply(options.Environment, environment);
        environment[LaunchProtocol.WorkerVariable] = address;
        environment[LaunchProtocol.DepthVariable] = (depth + 1).ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.DepthLimitVariable] = depthLimit.ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.ParentVariable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        environment[LaunchProtocol.ConcurrencyVariable] = options.ConcurrencyPerWorker.ToString(CultureInfo.InvariantCulture);
        AddVariables(plan, environment);
        plan.AddVariables(environment);
        return environment;
    }
}
