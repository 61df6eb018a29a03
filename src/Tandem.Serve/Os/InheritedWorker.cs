using Tandem.Serve.Listening;

namespace Tandem.Serve.Os;

/// <summary>A worker, as one supervisor describes it to its successor.</summary>
/// <param name="ProcessId">The process id.</param>
/// <param name="Entry">The index of its entry on the board.</param>
/// <remarks>
/// A class, as <see cref="InheritedListener"/> is: the runtime would have to compile the code of collections of structures before the first
/// worker starts.
/// </remarks>
internal sealed record InheritedWorker(int ProcessId, int Entry);
