using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The messages for types that cannot be serialized: the reason, and what to do instead.</summary>
internal static class Refusals
{
    internal const string TooDeep = "the collections are nested too deeply for the stack; put the values into one list or array";

    internal const string SharedRange =
        "a small part of the same large array was already sent, and the two would no longer share their elements; "
        + "send the array first (capture it before its parts), or a copy of the part (ToArray)";

    /// <summary>Returns why values of a type cannot be serialized; null if they can.</summary>
    internal static string? For(Type type)
    {
        for (Type? ancestor = type; ancestor is not null && ancestor != typeof(object); ancestor = ancestor.BaseType)
        {
            if (ByName(TypeChecks.DefinitionName(ancestor)) is { } reason)
                return Fill(reason, type);
        }

        // Checked after all names, because the reason for a base type's name is more specific.
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
            ? $"{TypeChecks.WithArticle(type)} owns an unmanaged resource of this process (it has a finalizer); make it in the work"
            : null;
    }

    internal static string ForUnusable(Type type) => type.IsPointer || type.IsFunctionPointer || type.IsByRef || type.IsByRefLike
        ? $"{TypeChecks.WithArticle(type)} points into the memory of this process; copy the data to an array"
        : $"{TypeChecks.Display(type)} has no values of its own";

    internal static string ForCycle(Type type) =>
        $"{TypeChecks.WithArticle(type)} is created from its completed parts, but one of them refers back to it; break the cycle";

    internal static string ForSubstitute(Type type, Type wireType) =>
        $"reports of {TypeChecks.WithArticle(type)} are sent back to this process; declare the variable as {TypeChecks.Display(wireType)}";

    internal static string ForDerivedCollection(Type type, Type collection) =>
        $"{TypeChecks.Display(type)} derives from {TypeChecks.Display(collection)}, whose hash codes differ in every process; "
        + "hold the collection in a field instead";

    internal static string ForAnsweredDelegate(Type type) =>
        $"{TypeChecks.WithArticle(type)} comes back only where the program has declared a delegate; declare the result with it, or return "
        + "what it computes (for a query: ToList)";

    internal static string ForAnsweredMethod(string name, string? assembly) =>
        $"'{name}' is a method of {assembly}, and a delegate that comes back runs methods of the work's own assemblies only; "
        + "return a lambda that calls it";

    internal static string ForAnsweredComparer(Type type) =>
        $"{TypeChecks.WithArticle(type)} is code that would run in the calling process; use a comparer of the framework, such as those of "
        + "StringComparer, or declare the collection itself as the result";

    internal static string ForNoCall(string what) => $"{what} can only be sent as part of a call's work";

    private static string Fill(string reason, Type type) =>
        reason.Replace("a {type}", TypeChecks.WithArticle(type), StringComparison.Ordinal);

    // Constant texts: formatting in each branch would have to be JIT-compiled for the first class that is serialized, refused or not.
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
        "System.Reflection.MemberInfo" or "System.Reflection.ParameterInfo" =>
            "a {type} was made while the program ran, so a worker process does not have it; use a member of an assembly",
        "System.Reflection.Assembly" or "System.Reflection.Module" or "System.Runtime.Loader.AssemblyLoadContext" =>
            "a {type} is loaded in this process; pass a Type of it",
        "System.RuntimeTypeHandle" or "System.RuntimeMethodHandle" or "System.RuntimeFieldHandle" or "System.ModuleHandle" =>
            "a {type} is an address in this process; pass the Type",
        "System.WeakReference" or "System.WeakReference`1" or "System.Runtime.CompilerServices.ConditionalWeakTable`2" =>
            "a {type} follows objects of this process; pass its target",
        "System.Lazy`1" => "a {type} runs its factory in this process; pass its Value, or make it in the work",
        "System.Collections.Immutable.ImmutableDictionary`2+Builder" or "System.Collections.Immutable.ImmutableHashSet`1+Builder" =>
            "a builder of an immutable collection cannot be serialized; call ToImmutable and pass the result",
        "System.Data.DataSet" or "System.Data.DataTable" =>
            "a {type} has a class of its own; pass it as a DataSet or DataTable (new DataSet and Merge)",
        "System.Data.DataColumn" or "System.Data.DataRow" or "System.Data.Constraint" or "System.Data.DataRelation"
            or "System.Data.InternalDataCollectionBase" or "System.Data.DataViewManager" or "System.Data.DataView" =>
            "a {type} belongs to a table; pass the DataTable or DataSet",
        "System.Data.Common.DbConnection" or "System.Data.Common.DbCommand" or "System.Data.Common.DbDataReader"
            or "System.Data.Common.DbTransaction" or "System.Data.Common.DbDataAdapter" or "System.Data.Common.DbDataSource" =>
            "a {type} belongs to a connection of this process; pass the connection string and open it in the work",
        "System.Uri" or "System.Globalization.CultureInfo" or "System.Text.StringBuilder" or "System.TimeZoneInfo" =>
            "a {type} has a class of its own around what differs in each process; pass what it is made of",
        "System.Globalization.CultureData" or "System.Globalization.TextInfo" => "a {type} belongs to a culture; pass the CultureInfo",
        "System.UriParser" => "a {type} is registered in this process; register one in the work",
        "System.Xml.XmlNode" or "System.Xml.XmlNodeList" or "System.Xml.XmlNamedNodeMap" =>
            "a {type} belongs to a document whose names are unique in this process; pass its OuterXml, or use XDocument",
        "System.Xml.XmlNameTable" or "System.Xml.XmlNamespaceManager" or "System.Xml.XmlReader" or "System.Xml.XmlWriter"
            or "System.Xml.XmlResolver" or "System.Xml.XmlParserContext" or "System.Xml.XmlReaderSettings" or "System.Xml.XmlWriterSettings"
            or "System.Xml.XPath.XPathNavigator" or "System.Xml.XPath.XPathExpression" or "System.Xml.XPath.XPathNodeIterator"
            or "System.Xml.XPath.XPathDocument" or "System.Xml.Schema.XmlSchemaSet" or "System.Xml.Schema.XmlSchemaObject"
            or "System.Xml.Xsl.XslCompiledTransform" or "System.Xml.Xsl.XsltArgumentList"
            or "System.Xml.Serialization.XmlSerializer" =>
            "a {type} compares names that are unique in this process; pass the XML as text, and make one in the work",
        "System.HashCode" or "System.Security.Cryptography.CngProperty" =>
            "a {type} holds a hash code, which differs in every process; pass the values that it is made of",
        "System.Security.Cryptography.X509Certificates.X509Certificate" =>
            "a {type} holds a handle of this process; pass its RawData, or the file and password, and load it in the work",
        "System.Security.Cryptography.AsymmetricAlgorithm" or "System.Security.Cryptography.SymmetricAlgorithm"
            or "System.Security.Cryptography.HashAlgorithm" or "System.Security.Cryptography.IncrementalHash"
            or "System.Security.Cryptography.RandomNumberGenerator" or "System.Security.Cryptography.AesGcm" =>
            "a {type} holds a key or a state in memory of this process; pass the key, or the data, and make one in the work",
        "System.Security.Cryptography.X509Certificates.X509Chain" =>
            "a {type} is built in this process; pass the certificates' RawData, and build it in the work",
        "System.Security.SecureString" => "a SecureString is protected in this process's memory; pass what it is made of",
        "System.Net.Http.HttpRequestMessage" or "System.Net.Http.HttpResponseMessage" or "System.Net.Http.HttpContent"
            or "System.Net.Http.Headers.HttpHeaders" =>
            "a {type} belongs to the connections of this process; pass method, address, headers and body, and make one in the work",
        "System.Diagnostics.ActivitySource" or "System.Diagnostics.Activity" or "System.Diagnostics.DiagnosticSource"
            or "System.Diagnostics.ActivityListener" or "System.Diagnostics.Metrics.Meter" or "System.Diagnostics.Metrics.Instrument"
            or "System.Diagnostics.Metrics.MeterListener" or "System.Diagnostics.Tracing.EventSource"
            or "System.Diagnostics.Tracing.EventListener" or "System.Diagnostics.TraceSource" or "System.Diagnostics.TraceListener"
            or "System.Diagnostics.Switch" =>
            "a {type} is registered in this process; use the work's own (a static field), or pass its name",
        "System.IO.FileSystemWatcher" => "a {type} watches from this process; pass the path and watch in the work",
        "System.Text.Encodings.Web.TextEncoder" => "a {type} holds tables of this process; make it in the work, or in a static field",
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
        "System.Linq.IQueryable" or "System.Linq.IQueryProvider" =>
            "a {type} is a query over a database or another source of this process; "
                + "run it (ToList) and pass the result, or make it in the work",
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
