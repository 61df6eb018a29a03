using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// Finds the captured variables that a lambda may read. The compiler keeps the variables of all lambdas of a scope in one object. To
/// serialize the whole object would serialize values that this lambda never uses, and would fail if one of them cannot be serialized.
/// </summary>
/// <remarks>
/// The scanner reads the IL (ECMA-335, partition III) of the lambda's body and of the methods that the compiler generated from it: local
/// functions, inner lambdas, state machines of async methods and iterators. A field counts as read if any instruction names it; the flow
/// of values is not analyzed. So the scanner may find too many fields, but never too few. If it cannot tell, all fields count as read.
/// </remarks>
internal sealed class ClosureScanner
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly ClosureUse _use = new();
    private readonly HashSet<(Module Module, int Token)> _seen = []; // methods and state machines, whose tokens never collide
    private readonly Queue<MethodBase> _pending = new();

    /// <summary>Returns what <paramref name="method"/> reads of closures; null if the scanner cannot tell.</summary>
    internal static ClosureUse? UseBy(MethodInfo method)
    {
        var scanner = new ClosureScanner();
        try
        {
            scanner.Enqueue(method);
            while (scanner._pending.TryDequeue(out MethodBase? next))
            {
                if (!scanner.TryScan(next))
                    return null;
            }
        }
        catch (Exception)
        {
            // An assembly that is missing, unusual metadata, or something else: the scanner cannot tell.
            return null;
        }

        return scanner._use;
    }

    private void Enqueue(MethodBase method)
    {
        // Scan the generic definition: its tokens are the same for all type arguments.
        if (method is MethodInfo { IsGenericMethod: true, IsGenericMethodDefinition: false } constructed)
            method = constructed.GetGenericMethodDefinition();

        if (method.DeclaringType is { IsConstructedGenericType: true })
            method = method.Module.ResolveMethod(method.MetadataToken)!;

        if (_seen.Add((method.Module, method.MetadataToken)))
            _pending.Enqueue(method);
    }

    private bool TryScan(MethodBase method)
    {
        byte[]? code = method.GetMethodBody()?.GetILAsByteArray();
        if (code is null)
            return true;

        Module module = method.Module;
        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? methodArguments = method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : null;
        var reader = new IlReader(code);
        while (reader.Next())
        {
            if (reader.Operand < IlOperand.Field)
                continue;

            // ResolveMember costs more, and only ldtoken needs it.
            object? member = reader.Operand switch
            {
                IlOperand.Field => module.ResolveField(reader.Token, typeArguments, methodArguments),
                IlOperand.Method => module.ResolveMethod(reader.Token, typeArguments, methodArguments),
                IlOperand.Type => module.ResolveType(reader.Token, typeArguments, methodArguments),
                _ => module.ResolveMember(reader.Token, typeArguments, methodArguments),
            };
            bool known = member switch
            {
                FieldInfo field => Visit(field),
                MethodBase called => Visit(called),
                Type named => Visit(named),
                _ => false,
            };
            if (!known)
                return false;
        }

        return reader.IsValid;
    }

    private bool Visit(FieldInfo field)
    {
        if (field.DeclaringType is not { } type)
            return true;

        if (ClosureTypes.IsClosure(type))
            _use.AddField(field);
        else
            EnqueueStateMachine(type);

        return true;
    }

    private bool Visit(MethodBase called)
    {
        // The target of a delegate exposes the whole closure.
        if (called.Name == "get_Target" && typeof(Delegate).IsAssignableFrom(called.DeclaringType))
            return false;

        if (called is MethodInfo { IsGenericMethod: true })
            Visit(called.GetGenericArguments());

        if (called.DeclaringType is not { } type)
            return true;

        if (type.IsGenericType && !ClosureTypes.IsClosure(type))
            Visit(type.GetGenericArguments());

        // The names of local functions and lambdas begin with '<'. All other methods get values, not variables.
        if ((called.Name.StartsWith('<') && called.Name != "<Clone>$") || ClosureTypes.IsClosure(type))
            Enqueue(called);
        else
            EnqueueStateMachine(type);

        return true;
    }

    private void Visit(Type[] arguments)
    {
        foreach (Type argument in arguments)
            Visit(argument);
    }

    private bool Visit(Type type)
    {
        while (type.HasElementType)
            type = type.GetElementType()!;

        if (type.IsGenericParameter)
            return true;

        // Code that names the closure's class may pass the object on. For example, an expression tree holds the object as a constant.
        if (ClosureTypes.IsClosure(type))
            _use.AddShown(type);
        else if (!EnqueueStateMachine(type) && type.IsConstructedGenericType)
            Visit(type.GetGenericArguments());

        return true;
    }

    /// <summary>Scans the state machine of an async method or iterator, which contains the body.</summary>
    private bool EnqueueStateMachine(Type type)
    {
        // The compiler does not mark state machines inside of closures with an attribute.
        bool isStateMachine = typeof(IAsyncStateMachine).IsAssignableFrom(type) || typeof(IEnumerator).IsAssignableFrom(type);
        if (!type.Name.StartsWith('<') || !isStateMachine)
            return false;

        if (type.IsConstructedGenericType)
            type = type.GetGenericTypeDefinition();

        if (_seen.Add((type.Module, type.MetadataToken)))
        {
            foreach (MethodInfo method in type.GetMethods(Declared))
                Enqueue(method);
        }

        return true;
    }
}
