using System.Collections.Concurrent;
using System.Reflection;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// The code of a delegate as it travels: its method's identity (module version, metadata token, generic arguments) and what of
/// its target must be rebuilt. Both processes run the same build, so the code itself stays where it is.
/// </summary>
internal sealed class WorkMethod : NumberedIdentity
{
    private const BindingFlags AnyField = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Key, WorkMethod> Known = new();

    private readonly MethodInfo _method;
    private readonly Type? _scope;
    private readonly Type _delegateType;
    private readonly TargetKind _kind;
    private readonly ClosurePlan? _plan;
    private readonly Codec? _target;
    private readonly Type? _targetType;
    private Callable[] _callables = []; // replaced, never changed; one for each form, so hardly ever more than one
    private Delegate? _withoutValues;

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

        /// <summary>Several methods that are called one after the other, each with a target of its own.</summary>
        Combined,
    }

    /// <summary>The class that its code is in.</summary>
    internal Type? Scope => _scope;

    /// <summary>A readable name for errors and logs.</summary>
    internal string Name => MethodNames.Readable(_method);

    /// <summary>Where its code is, and the types that it is made with.</summary>
    internal HashSet<Assembly> Assemblies
    {
        get
        {
            var assemblies = new HashSet<Assembly> { _method.Module.Assembly };
            Type[] types = [_delegateType, _method.DeclaringType!, .. _method.IsGenericMethod ? _method.GetGenericArguments() : [], _targetType ?? typeof(object)];
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

    /// <summary>Whether its delegates hold nothing, also nothing that their code does not read and that therefore does not travel.</summary>
    internal bool HoldsNothing { get; private init; }

    /// <summary>Whether the work has a token among its parameters.</summary>
    internal bool TakesToken
    {
        get
        {
            // All delegates that have one name it among their type arguments. Parameters are reflected for milliseconds, the first time.
            if (!_delegateType.IsConstructedGenericType || Array.IndexOf(_delegateType.GetGenericArguments(), typeof(CancellationToken)) < 0)
                return false;

            return Array.Exists(
                _delegateType.GetMethod(nameof(Action.Invoke))!.GetParameters(), static p => p.ParameterType == typeof(CancellationToken));
        }
    }

    /// <summary>What <paramref name="work"/> is made of.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot travel.</exception>
    internal static WorkMethod Of(Delegate work)
    {
        // The target's own type is part of the key: an inherited method is one method for many types.
        return Known.GetOrAdd(
            new Key(work.Method, work.GetType(), work.HasSingleTarget ? work.Target?.GetType() : typeof(Combination)),
            static key => Build(key.Method, key.Delegate, key.Target));
    }

    /// <summary>The same, made anew.</summary>
    internal static WorkMethod Describe(Delegate work) => Build(work.Method, work.GetType(), work.Target?.GetType());

    /// <summary>The method called in a certain form.</summary>
    internal Callable In(Form form)
    {
        while (true)
        {
            Callable[] known = Volatile.Read(ref _callables);
            foreach (Callable callable in known)
            {
                if (ReferenceEquals(callable.Form, form))
                    return callable;
            }

            var made = new Callable(this, form);
            if (Interlocked.CompareExchange(ref _callables, [.. known, made], known) == known)
                return made;
        }
    }

    /// <summary>Writes what <see cref="ReadDefinition"/> reads.</summary>
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

    /// <summary>Finds the code in this process.</summary>
    internal static WorkMethod ReadDefinition(PayloadReader reader)
    {
        Type delegateType = TypeNames.Read(reader);
        Type declaringType = TypeNames.Read(reader);
        Guid version = reader.Read<Guid>();
        int token = reader.ReadInt32();
        if (declaringType.Module.ModuleVersionId != version)
        {
            throw new WorkSerializationException(
                $"worker and parent run different builds of {declaringType.Module.Name}; was it rebuilt while the program ran? Start the program anew");
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
        ClosurePlan? plan = kind == TargetKind.Closure ? ClosurePlan.ReadDefinition(reader) : null;
        Type? targetType = kind == TargetKind.Value ? TypeNames.Read(reader) : null;
        return new WorkMethod((MethodInfo)method, delegateType, kind, plan, targetType);
    }

    /// <summary>Writes the captured values of one delegate.</summary>
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

    /// <summary>Writes a delegate that is a value: its definition, where the payload does not have it yet, and its captured values.</summary>
    internal static void WriteDelegate(PayloadWriter writer, Delegate value)
    {
        WorkMethod method = Of(value);
        int known = writer.References.Find(method);
        writer.Write(known);
        if (known < 0)
        {
            method.WriteDefinition(writer);
            writer.References.Add(method);
        }

        method.WriteValues(writer, value);
    }

    /// <summary>Reads what <see cref="WriteDelegate"/> wrote.</summary>
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

    /// <summary>Makes the delegate from captured values.</summary>
    /// <param name="reader">Where the values are.</param>
    /// <param name="isValue">Whether it is a value that code may compare, and not only what is called.</param>
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

    /// <summary>Stands for the targets of a delegate that combines several.</summary>
    private static class Combination;

    // A class: dictionaries of structures that are not the framework's own are compiled at run time, when a program starts.
    private sealed record Key(MethodInfo Method, Type Delegate, Type? Target);

    /// <summary>Compiles the method before it is called. A generic method is compiled when it is called.</summary>
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
                $"'{method.Name}' was compiled while the program ran, so that a worker process does not have it; use a method of an assembly");
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
