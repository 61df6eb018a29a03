namespace Tandem.Launch;

/// <summary>What parent and worker agree on before they can talk.</summary>
internal static class LaunchProtocol
{
    /// <summary>Marks a process as a worker; its value is <see cref="SharedMemory"/>, or the name of the parent's pipe.</summary>
    internal const string WorkerVariable = "TANDEM_WORKER";

    /// <summary>How many pools of processes stand above this process.</summary>
    internal const string DepthVariable = "TANDEM_DEPTH";

    /// <summary>How many may.</summary>
    internal const string DepthLimitVariable = "TANDEM_DEPTH_LIMIT";

    /// <summary>What <c>DOTNET_STARTUP_HOOKS</c> was before the launch; given back to the worker's own children.</summary>
    internal const string FormerHooksVariable = "TANDEM_FORMER_HOOKS";

    /// <summary>The parent's process id, so that a worker notices a parent that died before it could look.</summary>
    internal const string ParentVariable = "TANDEM_PARENT";

    /// <summary>How many items the worker runs at once.</summary>
    internal const string ConcurrencyVariable = "TANDEM_CONCURRENCY";

    /// <summary>Folders of assemblies that the parent has loaded and the host does not know: plug-ins.</summary>
    internal const string FoldersVariable = "TANDEM_FOLDERS";

    /// <summary>The file of the parent's entry assembly, where Tandem.Worker stands in its place.</summary>
    internal const string EntryVariable = "TANDEM_ENTRY";

    /// <summary>The program's folder, where it is not the one that Tandem.Worker lies in.</summary>
    internal const string BaseFolderVariable = "TANDEM_BASE_FOLDER";

    internal const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    internal const string SharedMemory = "shared-memory";

    // The descriptors of a worker on shared memory.
    internal const int ControlDescriptor = 3;
    internal const int LinkDescriptor = 4;
    internal const int RequestsDescriptor = 5;
    internal const int ResultsDescriptor = 6;

    /// <summary>The first of those that a <see cref="GuestProgram"/> gets besides.</summary>
    internal const int FirstGuestDescriptor = 7;

    /// <summary>A worker that finds itself in the wrong place ends with this code instead of running the user's program.</summary>
    internal const int MisplacedExitCode = 113;

    /// <summary>A worker whose parent is gone ends with this code.</summary>
    internal const int OrphanExitCode = 114;
}
