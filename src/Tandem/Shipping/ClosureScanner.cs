using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// Finds which captured variables a lambda may read. The compiler keeps the variables of all lambdas of a scope in one object,
/// so shipping the object would ship values that this lambda never touches, and fail on some that could not travel.
/// </summary>
/// <remarks>
/// It reads the IL (ECMA-335, partition III) of the lambda's body and of what the compiler made of it: local functions, inner
/// lambdas, state machines of async methods and iterators. It goes by what is named, by whatever instruction, and not by the flow of
/// values. So it may find too many fields, never too few. Where it cannot tell, all fields count as read.
/// </remarks>
internal sealed class ClosureScanner
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly ClosureUse _use = new();
    private readonly HashSet<(Module Module, int Token)> _seen = []; // methods and state machines: their tokens differ
    private readonly Queue<MethodBase> _pending = new();

    /// <summary>What <paramref name="method"/> reads of closures; null when that cannot be told.</summary>
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
            // Tokens of assemblies that are not here, unusual metadata: whatever it was, the answer is that nobody knows.
            return null;
        }

        return scanner._use;
    }

    private void Enqueue(MethodBase method)
    {
        // The definition: the tokens in its code are the same for all type arguments.
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

            // Not ResolveMember for all: it costs more, and is needed for ldtoken only.
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
        // Through a delegate's target, all of the closure can be seen.
        if (called.Name == "get_Target" && typeof(Delegate).IsAssignableFrom(called.DeclaringType))
            return false;

        if (called is MethodInfo { IsGenericMethod: true })
            Visit(called.GetGenericArguments());

        if (called.DeclaringType is not { } type)
            return true;

        if (type.IsGenericType && !ClosureTypes.IsClosure(type))
            Visit(type.GetGenericArguments());

        // Local functions and lambdas have names that begin with '<'; everything else that is called gets values, not variables.
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

        // Code that names the class itself hands its objects on, such as an expression tree, which holds them as a constant.
        if (ClosureTypes.IsClosure(type))
            _use.AddShown(type);
        else if (!EnqueueStateMachine(type) && type.IsConstructedGenericType)
            Visit(type.GetGenericArguments());

        return true;
    }

    /// <summary>Async methods and iterators: the body is in the state machine.</summary>
    private bool EnqueueStateMachine(Type type)
    {
        // Those inside of closures are not marked as generated.
        if (!type.Name.StartsWith('<') || !(typeof(IAsyncStateMachine).IsAssignableFrom(type) || typeof(IEnumerator).IsAssignableFrom(type)))
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
