using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The assemblies of .NET itself and of its languages, whose methods can do anything: start processes, load assemblies, delete files.
/// </summary>
internal static class FrameworkAssemblies
{
    private static readonly ConcurrentDictionary<Assembly, bool> Known = new();

    internal static bool Contains(Assembly assembly) =>
        assembly == typeof(object).Assembly || Known.GetOrAdd(assembly, static assembly => IsName(assembly.GetName().Name ?? ""));

    private static bool IsName(string name) => name is "System" or "mscorlib" or "netstandard" or "WindowsBase"
        or "Microsoft.CSharp" or "Microsoft.VisualBasic" or "Microsoft.VisualBasic.Core" or "FSharp.Core"
        || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
