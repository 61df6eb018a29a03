using System.Collections.Concurrent;
using System.Reflection;
using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// The code of a delegate in serialized form: the identity of its method (module version, metadata token, generic arguments), and the
/// part of its target that must be rebuilt. Both processes run the same build, so the code itself is not sent.
/// </summary>
internal sealed class WorkMethod : NumberedIdentity
{
    private const BindingFlags AnyField = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Key, WorkMethod> Known = new();

    private readonly MethodInfo _method; // with its type arguments
    private readonly Type? _scope; // see Scope
    private readonly Type _delegateType; // the type of the delegate that is created
    private readonly TargetKind _kind; // what the delegate's target is
    private readonly ClosurePlan? _plan; // the captured variables that are sent, for closures
    private readonly Codec? _target; // serializes the target, for other values
    private readonly Type? _targetType; // the type of the target, for other values
    private RemoteMethod[] _remoteMethods = []; // one for each delegate adapter, so usually one; the array is replaced, never changed
    private Delegate? _withoutValues; // the delegate, if calls carry no values; created on first use

    private WorkMethod(MethodInfo method, Type delegateType, TargetKind kind, ClosurePlan? plan, Type? targetType)
    {
        _method = method;
        _scope = method.DeclaringType;
        _delegateType = delegateType;
        _kind = kind;
        _plan = plan;
        _targetType = targetType;
        _target = kind == TargetKind.Value ? Codec.For(targetType!) : null;
    }

    private enum TargetKind : byte
    {
        None,
        Closure,
        Value,

        /// <summary>Several methods that are called one after the other, each with its own target.</summary>
        Combined,
    }

    /// <summary>The class that declares the method.</summary>
    internal Type? Scope => _scope;

    /// <summary>A readable name for errors and logs.</summary>
    internal string Name => MethodNames.Readable(_method);

    /// <summary>The assemblies of the method and of the types in its signature.</summary>
    internal HashSet<Assembly> Assemblies
    {
        get
        {
            var assemblies = new HashSet<Assembly> { _method.Module.Assembly };
            Type[] own = _method.IsGenericMethod ? _method.GetGenericArguments() : [];
            Type[] types = [_delegateType, _method.DeclaringType!, .. own, _targetType ?? typeof(object)];
            foreach (Type type in types)
                Add(type);

            return assemblies;

            void Add(Type type)
            {
                assemblies.Add(type.Assembly);
                foreach (Type argument in type.GenericTypeArguments)
                    Add(argument);
            }
        }
    }

    /// <summary>Whether each call carries captured values.</summary>
    internal bool HasValues => _kind is TargetKind.Value or TargetKind.Combined || _plan is { IsEmpty: false };

    /// <summary>
    /// Whether its delegates refer to no values at all, not even to values that the code does not read and that are not sent.
    /// </summary>
    internal bool HoldsNothing { get; private init; }

    /// <summary>Whether the work has a token among its parameters.</summary>
    internal bool TakesToken
    {
        get
        {
            // A delegate type with a token parameter has the token among its type arguments. Checked first, because the first reflection of
            // parameters takes milliseconds.
            if (!_delegateType.IsConstructedGenericType
                || Array.IndexOf(_delegateType.GetGenericArguments(), typeof(CancellationToken)) < 0)
            {
                return false;
            }

            return Array.Exists(
                _delegateType.GetMethod(nameof(Action.Invoke))!.GetParameters(), static p => p.ParameterType == typeof(CancellationToken));
        }
    }

    /// <summary>Returns the description of the method of <paramref name="work"/>, which is cached.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot be serialized.</exception>
    internal static WorkMethod Of(Delegate work)
    {
        // The type of the target is part of the key, because many types may inherit one method.
        return Known.GetOrAdd(
            new Key(work.Method, work.GetType(), work.HasSingleTarget ? work.Target?.GetType() : typeof(Combination)),
            static key => Build(key.Method, key.Delegate, key.Target));
    }

    /// <summary>Returns a description that is not cached.</summary>
    internal static WorkMethod Describe(Delegate work) => Build(work.Method, work.GetType(), work.Target?.GetType());

    /// <summary>Returns the remote method for a delegate adapter.</summary>
    internal RemoteMethod RemoteMethodFor(DelegateAdapter adapter)
    {
        while (true)
        {
            RemoteMethod[] known = Volatile.Read(ref _remoteMethods);
            foreach (RemoteMethod remoteMethod in known)
            {
                if (ReferenceEquals(remoteMethod.Adapter, adapter))
                    return remoteMethod;
            }

            var made = new RemoteMethod(this, adapter);
            if (Interlocked.CompareExchange(ref _remoteMethods, [.. known, made], known) == known)
                return made;
        }
    }

    /// <summary>Serializes the definition, for <see cref="ReadDefinition"/>.</summary>
    internal void WriteDefinition(PayloadWriter writer)
    {
        TypeNames.Write(writer, _delegateType);
        TypeNames.Write(writer, _method.DeclaringType!);
        writer.Write(_method.Module.ModuleVersionId);
        writer.Write(_method.MetadataToken);
        Type[] arguments = _method.IsGenericMethod ? _method.GetGenericArguments() : [];
        writer.Write(arguments.Length);
        foreach (Type argument in arguments)
            TypeNames.Write(writer, argument);

        writer.Write(_kind);
        _plan?.WriteDefinition(writer);
        if (_targetType is not null)
            TypeNames.Write(writer, _targetType);
    }

    /// <summary>Deserializes a definition and finds the method in this process.</summary>
    internal static WorkMethod ReadDefinition(PayloadReader reader)
    {
        Type delegateType = TypeNames.Read(reader);
        Type declaringType = TypeNames.Read(reader);
        Guid version = reader.Read<Guid>();
        int token = reader.ReadInt32();
        if (declaringType.Module.ModuleVersionId != version)
        {
            throw new WorkSerializationException(
                $"worker and parent run different builds of {declaringType.Module.Name}; "
                    + "was it rebuilt while the program ran? Start the program again");
        }

        MethodBase method = declaringType.Module.ResolveMethod(token)!;
        if (declaringType.IsConstructedGenericType)
            method = MethodBase.GetMethodFromHandle(method.MethodHandle, declaringType.TypeHandle)!;

        var arguments = new Type[reader.ReadCount(1)];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = TypeNames.Read(reader);

        if (arguments.Length > 0)
            method = ((MethodInfo)method).MakeGenericMethod(arguments);

        var kind = reader.Read<TargetKind>();
        if (kind != TargetKind.Combined && reader.Answer?.AllowsMethod(method) == false)
            throw new PayloadCorruptException($"a delegate to {method.Name} in an answer");

        ClosurePlan? plan = kind == TargetKind.Closure ? ClosurePlan.ReadDefinition(reader) : null;
        Type? targetType = kind == TargetKind.Value ? TypeNames.Read(reader) : null;
        return new WorkMethod((MethodInfo)method, delegateType, kind, plan, targetType);
    }

    /// <summary>Serializes the captured values of a delegate.</summary>
    internal void WriteValues(PayloadWriter writer, Delegate work)
    {
        writer.Scope ??= _scope;
        if (_kind == TargetKind.Closure)
        {
            if (!_plan!.IsEmpty)
                _plan.Write(writer, work.Target);
        }
        else if (_kind == TargetKind.Value)
        {
            try
            {
                _target!.WriteObject(writer, work.Target);
            }
            catch (WorkSerializationException e)
            {
                e.Prepend("this");
                throw;
            }
        }
        else if (_kind == TargetKind.Combined)
        {
            Delegate[] parts = work.GetInvocationList();
            writer.Write(parts.Length);
            foreach (Delegate part in parts)
                WriteDelegate(writer, part);
        }
    }

    /// <summary>
    /// Serializes a delegate that is a value: its definition, unless the payload contains it already, and its captured values.
    /// </summary>
    internal static void WriteDelegate(PayloadWriter writer, Delegate value)
    {
        WorkMethod method = Of(value);
        if (method._kind != TargetKind.Combined && writer.Answer?.AllowsMethod(method._method) == false)
            throw new WorkSerializationException(Refusals.ForAnsweredMethod(method.Name, method._method.Module.Assembly.GetName().Name));

        int known = writer.References.Find(method);
        writer.Write(known);
        if (known < 0)
        {
            method.WriteDefinition(writer);
            writer.References.Add(method);
        }

        method.WriteValues(writer, value);
    }

    /// <summary>Deserializes a delegate that <see cref="WriteDelegate"/> serialized.</summary>
    internal static Delegate ReadValue(PayloadReader reader)
    {
        int known = reader.ReadInt32();
        if (known >= 0)
        {
            return (reader.ObjectAt(known) as WorkMethod ?? throw new PayloadCorruptException($"object {known} where a method is due"))
                .ReadDelegate(reader, isValue: true);
        }

        WorkMethod method = ReadDefinition(reader);
        reader.Objects.Add(method);
        return method.ReadDelegate(reader, isValue: true);
    }

    /// <summary>Creates the delegate from serialized values.</summary>
    /// <param name="reader">The reader of the values.</param>
    /// <param name="isValue">Whether the delegate is a value, which user code may compare, and not only the work to call.</param>
    internal Delegate ReadDelegate(PayloadReader reader, bool isValue = false)
    {
        if (!HasValues)
            return _withoutValues ??= Bind(isValue ? _plan?.FindOrMakeEmpty() : _plan?.MakeEmpty());

        return _kind switch
        {
            TargetKind.Closure => Bind(_plan!.Read(reader) ?? throw new PayloadCorruptException($"no closure for {Name}")),
            TargetKind.Value => Bind(_target!.ReadObject(reader) ?? throw new PayloadCorruptException($"no target for {Name}")),
            _ => ReadCombined(reader),
        };
    }

    private Delegate ReadCombined(PayloadReader reader)
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new RebuildException("its delegates are nested too deeply for the stack of the thread that rebuilds them");

        var parts = new Delegate[reader.ReadCount(sizeof(int))];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = ReadValue(reader);
            if (parts[i].GetType() != _delegateType)
                throw new PayloadCorruptException($"{parts[i].GetType()} where {_delegateType} is due");
        }

        return Delegate.Combine(parts) ?? throw new PayloadCorruptException("a delegate of no methods");
    }

    /// <summary>The target type in the key of a delegate that combines several.</summary>
    private static class Combination;

    // A class, because the runtime must compile dictionaries of structures that are not the framework's when the program starts.
    private sealed record Key(MethodInfo Method, Type Delegate, Type? Target);

    /// <summary>Compiles the method before its first call. A generic method is compiled when it is called.</summary>
    internal void Compile()
    {
        if (!_method.IsGenericMethod && _method.DeclaringType is { IsGenericType: false })
            System.Runtime.CompilerServices.RuntimeHelpers.PrepareMethod(_method.MethodHandle);
    }

    private Delegate Bind(object? target) => _method.CreateDelegate(_delegateType, target);

    private static WorkMethod Build(MethodInfo method, Type delegateType, Type? type)
    {
        if (method.DeclaringType is null || method.Module.Assembly.IsDynamic)
        {
            throw new WorkSerializationException(
                $"'{method.Name}' was compiled while the program ran, so that a worker process does not have it; "
                    + "use a method of an assembly");
        }

        if (type is null)
            return new WorkMethod(method, delegateType, TargetKind.None, null, null) { HoldsNothing = true };

        if (type == typeof(Combination))
            return new WorkMethod(method, delegateType, TargetKind.Combined, null, null);

        if (!ClosureTypes.IsClosure(type))
            return new WorkMethod(method, delegateType, TargetKind.Value, null, type);

        bool hasVariables = type.GetFields(AnyField).Length > 0;
        ClosurePlan plan = ClosurePlan.Build(type, hasVariables ? ClosureScanner.UseBy(method) : null);
        return new WorkMethod(method, delegateType, TargetKind.Closure, plan, null) { HoldsNothing = !hasVariables };
    }
}
