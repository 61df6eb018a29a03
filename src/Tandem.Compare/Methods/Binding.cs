using System.Reflection;
using Tandem.Compare.Running;

namespace Tandem.Compare.Methods;

/// <summary>Creates work from a method, whatever it returns. The method itself is called and serialized, not a wrapper.</summary>
internal static class Binding
{
    private const BindingFlags Here = BindingFlags.Static | BindingFlags.NonPublic;

    internal static Workload Of(MethodInfo method, Array items, Type itemType)
    {
        bool takesItem = method.GetParameters().Length == 1;
        Type returned = method.ReturnType;
        if (returned == typeof(void))
            return Call(nameof(Void), [itemType], method, items, takesItem);
        if (returned == typeof(Task))
            return Call(nameof(VoidAsync), [itemType], method, items, takesItem);

        return returned.IsConstructedGenericType && returned.GetGenericTypeDefinition() == typeof(Task<>)
            ? Call(nameof(ValueAsync), [itemType, returned.GenericTypeArguments[0]], method, items, takesItem)
            : Call(nameof(Value), [itemType, returned], method, items, takesItem);
    }

    private static Workload Call(string maker, Type[] types, MethodInfo method, Array items, bool takesItem) =>
        (Workload)typeof(Binding).GetMethod(maker, Here)!.MakeGenericMethod(types)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [method, items, takesItem], null)!;

    private static DelegateWorkload<TItem, TResult> Value<TItem, TResult>(MethodInfo method, TItem[] items, bool takesItem)
    {
        if (takesItem)
            return new DelegateWorkload<TItem, TResult>(items, method.CreateDelegate<Func<TItem, TResult>>(), null);

        Func<TResult> work = method.CreateDelegate<Func<TResult>>();
        return new DelegateWorkload<TItem, TResult>(items, _ => work(), null);
    }

    private static DelegateWorkload<TItem, TResult> ValueAsync<TItem, TResult>(MethodInfo method, TItem[] items, bool takesItem)
    {
        if (takesItem)
            return new DelegateWorkload<TItem, TResult>(items, null, method.CreateDelegate<Func<TItem, Task<TResult>>>());

        Func<Task<TResult>> work = method.CreateDelegate<Func<Task<TResult>>>();
        return new DelegateWorkload<TItem, TResult>(items, null, _ => work());
    }

    private static DelegateWorkload<TItem, bool> Void<TItem>(MethodInfo method, TItem[] items, bool takesItem)
    {
        Action<TItem>? one = takesItem ? method.CreateDelegate<Action<TItem>>() : null;
        Action? none = takesItem ? null : method.CreateDelegate<Action>();
        return new DelegateWorkload<TItem, bool>(items, item => Returning(item, one, none), null);
    }

    private static DelegateWorkload<TItem, bool> VoidAsync<TItem>(MethodInfo method, TItem[] items, bool takesItem)
    {
        Func<TItem, Task>? one = takesItem ? method.CreateDelegate<Func<TItem, Task>>() : null;
        Func<Task>? none = takesItem ? null : method.CreateDelegate<Func<Task>>();
        return new DelegateWorkload<TItem, bool>(items, null, item => ReturningAsync(item, one, none));
    }

    private static bool Returning<TItem>(TItem item, Action<TItem>? one, Action? none)
    {
        one?.Invoke(item);
        none?.Invoke();
        return true;
    }

    private static async Task<bool> ReturningAsync<TItem>(TItem item, Func<TItem, Task>? one, Func<Task>? none)
    {
        await (one?.Invoke(item) ?? none!()).ConfigureAwait(false);
        return true;
    }
}
