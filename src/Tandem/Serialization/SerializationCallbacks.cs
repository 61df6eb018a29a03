using System.Reflection;
using System.Runtime.Serialization;

namespace Tandem.Serialization;

/// <summary>
/// The methods of a type that are to run when its objects are serialized: those marked with [OnSerializing], [OnSerialized],
/// [OnDeserializing] and [OnDeserialized], private and inherited ones too, and <see cref="IDeserializationCallback"/>.
/// </summary>
internal sealed class SerializationCallbacks : IFinisher
{
    private const BindingFlags OwnMethods = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

#pragma warning disable SYSLIB0050 // Marked obsolete with the formatters; the protocol is what types have.
    private static readonly object Context = new StreamingContext(StreamingContextStates.CrossProcess);
#pragma warning restore SYSLIB0050

    private readonly List<MethodInfo> _serializing = [];
    private readonly List<MethodInfo> _serialized = [];
    private readonly List<MethodInfo> _deserializing = [];
    private readonly List<MethodInfo> _deserialized = [];
    private readonly Type? _callback;

    private SerializationCallbacks(Type? callback) => _callback = callback;

    /// <summary>What every such method gets.</summary>
    internal static StreamingContext StreamingContext => (StreamingContext)Context;

    /// <summary>Whether something is to run when an object and what it refers to have been read.</summary>
    internal bool CompletesObjects => _deserialized.Count > 0 || _callback is not null;

    /// <summary>
    /// The methods of a type, or null where there are none, as in most. Those of the framework's own types do not count: most of them
    /// throw, since the formatters that they were made for are gone.
    /// </summary>
    internal static SerializationCallbacks? Find(Type type)
    {
        SerializationCallbacks? found = null;
        for (Type? declaring = type; declaring is not null && !TypeChecks.IsOfFramework(declaring); declaring = declaring.BaseType)
        {
            // Made by the compiler: closures, iterators, anonymous types.
            if (declaring.Name.StartsWith('<'))
                continue;

            foreach (MethodInfo method in declaring.GetMethods(OwnMethods))
                AddMarked(method, ref found);
        }

        if (found is null && CallbackOf(type) is { } callback)
            return new SerializationCallbacks(callback);

        return found;

        void AddMarked(MethodInfo method, ref SerializationCallbacks? callbacks)
        {
            if (method.ReturnType != typeof(void) || method.IsGenericMethodDefinition)
                return;

            ParameterInfo[] parameters = method.GetParameters();
            if (parameters.Length != 1 || parameters[0].ParameterType != typeof(StreamingContext))
                return;

            Add<OnSerializingAttribute>(method, ref callbacks, static c => c._serializing);
            Add<OnSerializedAttribute>(method, ref callbacks, static c => c._serialized);
            Add<OnDeserializingAttribute>(method, ref callbacks, static c => c._deserializing);
            Add<OnDeserializedAttribute>(method, ref callbacks, static c => c._deserialized);
        }

        void Add<TAttribute>(MethodInfo method, ref SerializationCallbacks? callbacks, Func<SerializationCallbacks, List<MethodInfo>> list)
        {
            if (!method.IsDefined(typeof(TAttribute), false))
                return;

            callbacks ??= new SerializationCallbacks(CallbackOf(type));
            List<MethodInfo> methods = list(callbacks);

            // Base types first. An override that is marked as what it overrides runs once.
            if (!methods.Exists(known => known.GetBaseDefinition() == method.GetBaseDefinition()))
                methods.Insert(0, method);
        }
    }

    /// <summary>
    /// Whether a method that runs on reading belongs to <paramref name="declaring"/> or to a type derived from it, so that it can restore
    /// that type's fields.
    /// </summary>
    internal bool Restores(Type declaring) =>
        _deserializing.Exists(m => declaring.IsAssignableFrom(m.DeclaringType))
            || _deserialized.Exists(m => declaring.IsAssignableFrom(m.DeclaringType))
            || (_callback is not null && declaring.IsAssignableFrom(_callback));

    /// <summary>Writes an object's fields between the methods that are to run before and after.</summary>
    internal void Write(PayloadWriter writer, object value, FieldPlan plan)
    {
        Serializing(value);
        try
        {
            plan.Write(writer, value);
        }
        finally
        {
            // Also for an object that is refused: it goes on living here.
            Serialized(value);
        }
    }

    /// <summary>Before an object's state is taken.</summary>
    internal void Serializing(object value) => RunHere(_serializing, value);

    /// <summary>After an object's state was taken.</summary>
    internal void Serialized(object value) => RunHere(_serialized, value);

    /// <summary>Before an object's state is set.</summary>
    internal void Deserializing(object value) => Run(_deserializing, value);

    /// <inheritdoc/>
    public void Finish(object target, object? state)
    {
        Run(_deserialized, target);
        if (_callback is null)
            return;

        try
        {
            ((IDeserializationCallback)target).OnDeserialization(null);
        }
        catch (Exception e)
        {
            throw Failed(target, nameof(IDeserializationCallback.OnDeserialization), e);
        }
    }

    /// <summary>What code of a type threw while an object was rebuilt.</summary>
    internal static RebuildException Failed(object value, string what, Exception e) =>
        e as RebuildException
            ?? new RebuildException($"{what} of {TypeChecks.WithArticle(value.GetType())} threw {e.GetType().Name}: {e.Message}", e);

    /// <summary>The type that implements <see cref="IDeserializationCallback"/> for a type, unless that is the framework.</summary>
    private static Type? CallbackOf(Type type)
    {
        if (!typeof(IDeserializationCallback).IsAssignableFrom(type) || TypeChecks.IsOfFramework(type))
            return null;

        Type? implementer = type.GetInterfaceMap(typeof(IDeserializationCallback)).TargetMethods[0].DeclaringType;
        return implementer is null || TypeChecks.IsOfFramework(implementer) ? null : implementer;
    }

    private static void RunHere(List<MethodInfo> methods, object value)
    {
        foreach (MethodInfo method in methods)
        {
            try
            {
                Call(method, value);
            }
            catch (Exception e) when (e is not WorkSerializationException)
            {
                throw new WorkSerializationException(
                    $"{method.Name} of {TypeChecks.WithArticle(value.GetType())} threw {e.GetType().Name}: {e.Message}", null, e);
            }
        }
    }

    private static void Run(List<MethodInfo> methods, object value)
    {
        foreach (MethodInfo method in methods)
        {
            try
            {
                Call(method, value);
            }
            catch (Exception e)
            {
                throw Failed(value, method.Name, e);
            }
        }
    }

    private static void Call(MethodInfo method, object value) =>
        method.Invoke(value, BindingFlags.DoNotWrapExceptions, null, [Context], null);
}
