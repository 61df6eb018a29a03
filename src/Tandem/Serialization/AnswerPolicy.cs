using System.Reflection;
using Tandem.Interop;

namespace Tandem.Serialization;

/// <summary>
/// Decides what an answer may contain: a result, an element of a map, a progress report, an exception, or an element of a channel. What
/// another process wrote is not trusted, so this is the one place that all serializers ask. The writing side asks it too, and names the
/// value that is refused; the reading side asks it again, because the writing side may have been changed.
/// </summary>
/// <remarks>
/// Payloads of calls have no policy: the program itself wrote them. Nothing here is asked for plain values: only types that are named in
/// a payload, delegates, comparers and exceptions lead here.
/// </remarks>
internal class AnswerPolicy
{
    private static readonly AnswerPolicy ErrorsThatLoad = new(typeof(void), null) { LoadsAssemblies = true };

    private readonly Type _declared; // the type that the program declared for the value
    private readonly Func<IEnumerable<Assembly>>? _participants; // the assemblies of the work; null outside of a call
    private readonly bool _isInDelegate;
    private Type[]? _delegates; // the types of delegates that are part of the declared type; computed on first use
    private HashSet<Assembly>? _assemblies; // the assemblies whose methods delegates may run; computed on first use
    private AnswerPolicy? _inDelegate; // see InDelegate

    /// <param name="declared">The type that the program declared for the value.</param>
    /// <param name="participants">
    /// Returns the assemblies that take part in the call; null if the value does not belong to a call.
    /// </param>
    internal AnswerPolicy(Type declared, Func<IEnumerable<Assembly>>? participants)
    {
        _declared = declared;
        _participants = participants;
    }

    private AnswerPolicy(AnswerPolicy outer)
        : this(outer._declared, outer._participants)
    {
        _isInDelegate = true;
        LoadsAssemblies = outer.LoadsAssemblies;
    }

    /// <summary>Exceptions: they contain no delegates, and no comparers but the framework's.</summary>
    internal static AnswerPolicy Errors { get; } = new(typeof(void), null);

    /// <summary>
    /// Whether this process loads an assembly that an answer names. Never in a process that started the other one. A worker does, for the
    /// elements of channels, most of which its parent has written.
    /// </summary>
    internal bool LoadsAssemblies { get; private init; }

    /// <summary>The policy for exceptions that are part of the value.</summary>
    internal AnswerPolicy ForErrors => LoadsAssemblies ? ErrorsThatLoad : Errors;

    /// <summary>The policy for the captured values of a delegate that is allowed: variables may hold further delegates.</summary>
    internal AnswerPolicy InDelegate => _isInDelegate ? this : _inDelegate ??= new AnswerPolicy(this);

    /// <summary>The policy for the elements of a channel.</summary>
    internal static AnswerPolicy ForElements(Type type) => new(type, null) { LoadsAssemblies = ProcessRole.IsWorker };

    /// <summary>The policy for the progress reports of the same call.</summary>
    internal AnswerPolicy ForReports(Type type) => new(type, _participants);

    /// <summary>Whether a value may be a delegate of a type: the declared type must be one, or have a member that is one.</summary>
    internal bool AllowsDelegate(Type type)
    {
        if (_isInDelegate)
            return true;

        foreach (Type allowed in _delegates ??= DeclaredTypes.DelegatesIn(_declared))
        {
            if (allowed.IsAssignableFrom(type))
                return true;
        }

        return false;
    }

    /// <summary>Whether a delegate may run a method.</summary>
    internal bool AllowsMethod(MethodBase method)
    {
        Assembly assembly = method.Module.Assembly;
        if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0 || FrameworkAssemblies.Contains(assembly)
            || assembly == typeof(AnswerPolicy).Assembly)
            return false;

        return _participants is null || (_assemblies ??= AllAssemblies()).Contains(assembly);
    }

    /// <summary>
    /// Whether a collection may have a comparer that is not one of the framework's: only if the program declared this collection as the
    /// type of the value.
    /// </summary>
    internal bool AllowsOwnComparer(Type collection) =>
        collection == _declared || (_declared.IsConstructedGenericType && _declared.GetGenericTypeDefinition() == typeof(ValueTask<>)
            && _declared.GenericTypeArguments[0] == collection);

    private HashSet<Assembly> AllAssemblies()
    {
        HashSet<Assembly> assemblies = [.. _participants!()];
        DeclaredTypes.AddAssemblies(_declared, assemblies);
        return assemblies;
    }
}
