using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tandem.Shipping;

/// <summary>
/// Finds which captured variables a lambda really reads. The compiler keeps the variables of all lambdas of a scope in one object,
/// so shipping the object would ship values that this lambda never touches, and fail on some that could not travel.
/// </summary>
/// <remarks>
/// It reads the IL (ECMA-335, partition III) of the lambda's body and of what the compiler made of it: local functions, inner
/// lambdas, state machines of async methods and iterators. It goes by the fields that are named, not by the flow of values, so it
/// may find too many, never too few.
/// </remarks>
internal sealed class ClosureScanner
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly HashSet<(Module Module, int Token)> _fields = [];
    private readonly HashSet<MethodBase> _seen = [];
    private bool _incomplete;

    /// <summary>The fields of closure objects that <paramref name="method"/> reads, by module and token; null when that cannot be told.</summary>
    internal static HashSet<(Module Module, int Token)>? FieldsReadBy(MethodInfo method)
    {
        var scanner = new ClosureScanner();
        scanner.Scan(method);
        return scanner._incomplete ? null : scanner._fields;
    }

    /// <summary>Whether the compiler made the type, to hold captured variables or the state of a method.</summary>
    internal static bool IsCompilerMade(Type? type) => type is not null && type.Name.StartsWith('<') && type.IsDefined(typeof(CompilerGeneratedAttribute), false);

    private void Scan(MethodBase method)
    {
        if (!_seen.Add(method))
            return;

        // Async methods and iterators: the body is in the state machine.
        foreach (StateMachineAttribute attribute in method.GetCustomAttributes<StateMachineAttribute>(false))
            ScanType(attribute.StateMachineType);

        byte[]? code = method.GetMethodBody()?.GetILAsByteArray();
        if (code is null)
            return;

        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? methodArguments = method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : null;
        foreach ((int opcode, int token) in IlReader.Tokens(code))
        {
            try
            {
                if (IlReader.NamesField(opcode))
                    Found(method.Module.ResolveField(token, typeArguments, methodArguments)!);
                else if (IlReader.NamesMethod(opcode))
                    Follow(method.Module.ResolveMethod(token, typeArguments, methodArguments)!);
            }
            catch (Exception e) when (e is ArgumentException or BadImageFormatException or FileNotFoundException or TypeLoadException)
            {
                _incomplete = true;
            }
        }
    }

    private void Found(FieldInfo field)
    {
        if (IsCompilerMade(field.DeclaringType))
            _fields.Add((field.Module, field.MetadataToken));
    }

    private void Follow(MethodBase called)
    {
        // Local functions and lambdas have names that begin with '<'; everything else that is called gets values, not variables.
        if (called.IsConstructor && IsCompilerMade(called.DeclaringType))
            ScanType(called.DeclaringType!);
        else if (called.Name.StartsWith('<') || IsCompilerMade(called.DeclaringType))
            Scan(called);
    }

    private void ScanType(Type type)
    {
        // A closure made inside the lambda has its variables' own lambdas as methods: they are followed where they are named.
        if (!typeof(IAsyncStateMachine).IsAssignableFrom(type) && !typeof(System.Collections.IEnumerator).IsAssignableFrom(type)
            && !type.IsDefined(typeof(CompilerGeneratedAttribute), false))
        {
            return;
        }

        // An open generic type: its tokens are the same as those of every closed one.
        foreach (MethodInfo method in type.GetMethods(All))
        {
            if (method.Name == "MoveNext" || method.Name.EndsWith(".MoveNext", StringComparison.Ordinal))
                Scan(method);
        }
    }
}

/// <summary>Walks over IL and picks out the metadata tokens.</summary>
internal static class IlReader
{
    private const int LoadFunction = 0xFE06;
    private const int LoadVirtualFunction = 0xFE07;

    internal static bool NamesField(int opcode) => opcode is >= 0x7B and <= 0x80;

    internal static bool NamesMethod(int opcode) => opcode is 0x27 or 0x28 or 0x6F or 0x73 or LoadFunction or LoadVirtualFunction;

    internal static IEnumerable<(int Opcode, int Token)> Tokens(byte[] code)
    {
        int at = 0;
        while (at < code.Length)
        {
            int opcode = code[at++];
            if (opcode == 0xFE && at < code.Length)
                opcode = 0xFE00 | code[at++];

            if (opcode == 0x45) // switch: a count, then as many targets
            {
                at += 4 + 4 * BitConverter.ToInt32(code, at);
                continue;
            }

            int size = OperandSize(opcode);
            if (NamesField(opcode) || NamesMethod(opcode))
                yield return (opcode, BitConverter.ToInt32(code, at));

            at += size;
        }
    }

    private static int OperandSize(int opcode) => opcode switch
    {
        >= 0x0E and <= 0x13 or 0x1F or >= 0x2B and <= 0x37 or 0xDE => 1,
        0xFE12 or 0xFE19 => 1,
        >= 0xFE09 and <= 0xFE0E => 2,
        0x21 or 0x23 => 8,
        0x20 or 0x22 or 0x27 or 0x28 or 0x29 => 4,
        >= 0x38 and <= 0x44 or >= 0x6F and <= 0x75 => 4,
        0x79 or >= 0x7B and <= 0x81 or 0x8C or 0x8D or 0x8F => 4,
        0xA3 or 0xA4 or 0xA5 or 0xC2 or 0xC6 or 0xD0 or 0xDD => 4,
        LoadFunction or LoadVirtualFunction or 0xFE15 or 0xFE16 or 0xFE1C => 4,
        _ => 0,
    };
}
