using System.Reflection;

namespace Tandem.Serialization;

/// <summary>What cannot travel, why, and what to do instead, in the words that the user reads.</summary>
internal static class Refusals
{
    internal const string TooDeep = "the objects are nested too deeply for the stack; send them as a list or an array";

    /// <summary>Why values of a type cannot travel, or null when nothing speaks against it.</summary>
    internal static string? For(Type type)
    {
        for (Type? ancestor = type; ancestor is not null && ancestor != typeof(object); ancestor = ancestor.BaseType)
        {
            if (ByName(TypeChecks.DefinitionName(ancestor)) is { } reason)
                return Fill(reason, type);
        }

        // After all names: what is said of a base type by its name says more.
        for (Type? ancestor = type; ancestor is not null && ancestor != typeof(object); ancestor = ancestor.BaseType)
        {
            if (ByNamespace(ancestor) is { } reason)
                return Fill(reason, type);
        }

        foreach (Type implemented in type.GetInterfaces())
        {
            if (ByInterface(implemented.FullName) is { } reason)
                return Fill(reason, type);
        }

        return OwnsUnmanagedResource(type)
            ? $"a {TypeChecks.Display(type)} owns an unmanaged resource of this process (it has a finalizer); make it in the work"
            : null;
    }

    internal static string ForUnusable(Type type) => type.IsPointer || type.IsFunctionPointer || type.IsByRef || type.IsByRefLike
        ? $"a {TypeChecks.Display(type)} points into the memory of this process; copy the data to an array"
        : $"{TypeChecks.Display(type)} has no values of its own";

    internal static string ForCycle(Type type) =>
        $"a {TypeChecks.Display(type)} is made of its finished parts, and one of them refers back to it; break the cycle";

    internal static string ForSubstitute(Type type, Type wireType) =>
        $"reports of a {TypeChecks.Display(type)} come back to this process; declare the variable as {TypeChecks.Display(wireType)}";

    internal static string ForDerivedCollection(Type type, Type collection) =>
        $"{TypeChecks.Display(type)} derives from {TypeChecks.Display(collection)}, whose hash codes differ in every process; "
        + "hold the collection in a field instead";

    internal static string ForNoCall(string what) => $"a {what} travels only as part of a call's work";

    private static string Fill(string reason, Type type) => reason.Replace("{type}", TypeChecks.Display(type), StringComparison.Ordinal);

    // Plain texts: formatting in each branch would have to be compiled for the first class that travels, refused or not.
    private static string? ByName(string? name) => name switch
    {
        "System.IntPtr" or "System.UIntPtr" =>
            "a {type} (nint, nuint) may be an address or a handle of this process; use a long for a number",
        "System.IO.FileStream" => "a FileStream is tied to this process; pass the path and open it in the work",
        "System.IO.Stream" => "a {type} is tied to this process; pass the bytes, or a path to open in the work",
        "System.IO.TextReader" => "a {type} is tied to this process; pass the text, or a path to open in the work",
        "System.IO.TextWriter" => "a {type} is tied to this process; return the text, or open a path in the work",
        "System.Runtime.InteropServices.SafeHandle" or "System.Runtime.InteropServices.CriticalHandle"
            or "System.Runtime.InteropServices.GCHandle" or "System.Runtime.InteropServices.GCHandle`1"
            or "System.Runtime.DependentHandle" =>
            "a {type} is a handle of this process; open the resource in the work",
        "System.Threading.Tasks.Task" => "a Task runs in this process; await it and pass the result",
        "System.Threading.Tasks.ValueTask" or "System.Threading.Tasks.ValueTask`1" =>
            "a ValueTask runs in this process; await it and pass the result",
        "System.Threading.CancellationTokenSource" => "a CancellationTokenSource is tied to this process; capture its Token instead",
        "System.Threading.Channels.Channel`2" or "System.Threading.Channels.ChannelReader`1"
            or "System.Threading.Channels.ChannelWriter`1" =>
            "a {type} connects threads of this process; make one that reaches other processes with SharedChannel.CreateBounded",
        "System.Net.Sockets.Socket" or "System.Net.Sockets.TcpClient" or "System.Net.Sockets.UdpClient"
            or "System.Net.Sockets.TcpListener" =>
            "a {type} is tied to this process; pass the address and connect in the work",
        "System.Diagnostics.Process" => "a Process object is tied to this process; pass its Id",
        "System.Net.Http.HttpMessageInvoker" or "System.Net.Http.HttpMessageHandler" =>
            "a {type} owns connections of this process; make one in the work",
        "System.Reflection.MemberInfo" => "a {type} does not travel; pass the Type and the member's name",
        "System.Reflection.Assembly" or "System.Reflection.Module" or "System.Runtime.Loader.AssemblyLoadContext"
            or "System.Reflection.ParameterInfo" =>
            "a {type} is loaded in this process; pass a Type of it",
        "System.RuntimeTypeHandle" or "System.RuntimeMethodHandle" or "System.RuntimeFieldHandle" or "System.ModuleHandle" =>
            "a {type} is an address in this process; pass the Type",
        "System.WeakReference" or "System.WeakReference`1" or "System.Runtime.CompilerServices.ConditionalWeakTable`2" =>
            "a {type} follows objects of this process; pass its target",
        "System.Lazy`1" => "a {type} runs its factory in this process; pass its Value, or make it in the work",
        "System.Collections.Immutable.ImmutableDictionary`2+Builder" or "System.Collections.Immutable.ImmutableHashSet`1+Builder" =>
            "a builder of an immutable collection does not travel; call ToImmutable and pass that",
        "Tandem.WorkerPool" => "a WorkerPool belongs to this process; start the work from here, or make another pool in the work",
        _ => null,
    };

    private static string? ByNamespace(Type ancestor) => ancestor.Namespace switch
    {
        "System.Threading" or "System.Threading.Tasks" or "System.Threading.Tasks.Sources" =>
            "a {type} synchronises threads of this process; make one in the work",
        "System.Runtime.CompilerServices" when ancestor.Name.Contains("Await", StringComparison.Ordinal)
            || ancestor.Name.Contains("MethodBuilder", StringComparison.Ordinal) =>
            "a {type} waits for something in this process; await it and pass the result",
        _ => null,
    };

    private static string? ByInterface(string? name) => name switch
    {
        "System.IServiceProvider" => "a {type} is an IServiceProvider, which is tied to this process; pass what the work needs of it",
        "Microsoft.Extensions.Logging.ILogger" or "Microsoft.Extensions.Logging.ILoggerFactory" =>
            "a {type} logs in this process; log where the results arrive, or make a logger in the work",
        "System.Runtime.CompilerServices.INotifyCompletion" =>
            "a {type} waits for something in this process; await it and pass the result",
        _ => null,
    };

    private static bool OwnsUnmanagedResource(Type type)
    {
        if (type.IsValueType || type.IsInterface)
            return false;

        MethodInfo? finalizer = type.GetMethod(
            "Finalize", BindingFlags.Instance | BindingFlags.NonPublic, null, Type.EmptyTypes, null);
        return finalizer is not null && finalizer.GetBaseDefinition().DeclaringType == typeof(object)
            && finalizer.DeclaringType != typeof(object);
    }
}
