namespace Tandem.Launch;

/// <summary>The variables, descriptors and exit codes that parent and worker use before they are connected.</summary>
internal static class LaunchProtocol
{
    /// <summary>
    /// Marks a process as a worker. The value is <see cref="SharedMemory"/>, a <c>MappedAddress</c>, or the name of the parent's pipe.
    /// </summary>
    internal const string WorkerVariable = "TANDEM_WORKER";

    /// <summary>The number of nested pools of processes above this process.</summary>
    internal const string DepthVariable = "TANDEM_DEPTH";

    /// <summary>The maximum of <see cref="DepthVariable"/>.</summary>
    internal const string DepthLimitVariable = "TANDEM_DEPTH_LIMIT";

    /// <summary>The value of <c>DOTNET_STARTUP_HOOKS</c> before the launch. The worker restores it for its own children.</summary>
    internal const string PreviousHooksVariable = "TANDEM_FORMER_HOOKS";

    /// <summary>The parent's process id, so that a worker notices if the parent has exited before the worker could watch it.</summary>
    internal const string ParentVariable = "TANDEM_PARENT";

    /// <summary>How many items the worker runs concurrently.</summary>
    internal const string ConcurrencyVariable = "TANDEM_CONCURRENCY";

    /// <summary>The folders of assemblies (plug-ins) that the parent has loaded and that the host does not know.</summary>
    internal const string FoldersVariable = "TANDEM_FOLDERS";

    /// <summary>The file of the parent's entry assembly, if Tandem.Worker is the entry assembly of the worker.</summary>
    internal const string EntryVariable = "TANDEM_ENTRY";

    /// <summary>The program's base folder, if it differs from the folder of Tandem.Worker.</summary>
    internal const string BaseFolderVariable = "TANDEM_BASE_FOLDER";

    internal const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    internal const string SharedMemory = "shared-memory";

    // The descriptors of a worker on shared memory.
    internal const int ControlDescriptor = 3;
    internal const int LinkDescriptor = 4;
    internal const int RequestsDescriptor = 5;
    internal const int ResultsDescriptor = 6;

    /// <summary>The first additional descriptor of a <see cref="GuestProgram"/>.</summary>
    internal const int FirstGuestDescriptor = 7;

    /// <summary>The exit code of a worker that would otherwise run the user's program.</summary>
    internal const int MisplacedExitCode = 113;

    /// <summary>The exit code of a worker whose parent has exited.</summary>
    internal const int OrphanExitCode = 114;
}
