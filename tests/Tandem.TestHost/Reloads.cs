using System.Reflection;
using System.Reflection.Metadata;
using Microsoft.Extensions.Logging;

namespace Tandem.TestHost;

/// <summary>A program whose code is changed by hot reload, as far as anybody can tell.</summary>
internal static class Reloads
{
    /// <summary>Says what becomes of calls after an update.</summary>
    internal static async Task RunAsync(string kind, string change)
    {
        await using WorkerPool pool = WorkerPool.Create(Roles.Options(kind, 1));
        Func<int> work = static () => 1;
        Roles.Say($"before: {await TryAsync(() => pool.RunAsync(work))}");
        switch (change)
        {
            case "own":
                Apply([typeof(Reloads)]);
                break;
            case "library": // that this program references
                Apply([typeof(ILogger)]);
                break;
            case "unknown":
                Apply(null);
                break;
            case "nothing":
                Apply([]);
                break;
            case "framework": // which calls nothing of the program's
                Apply([typeof(Uri)]);
                break;
        }

        Roles.Say($"the same: {await TryAsync(() => pool.RunAsync(work))}");
        Roles.Say($"another: {await TryAsync(() => pool.RunAsync(static () => 2))}");
        Roles.Say($"a map: {await TryAsync(() => MapAsync(pool))}");
    }

    private static async Task<int> MapAsync(WorkerPool pool)
    {
        int sum = 0;
        await foreach (int number in pool.MapAsync([1, 2], static number => number))
            sum += number;

        return sum;
    }

    private static async Task<string> TryAsync(Func<Task<int>> call)
    {
        try
        {
            return $"{await call()}";
        }
        catch (WorkSerializationException e)
        {
            return $"refused: {e.Message}";
        }
    }

    /// <summary>As the tools do that apply updates: by the attribute of the assembly, and the method's name.</summary>
    private static void Apply(Type[]? types)
    {
        MetadataUpdateHandlerAttribute handler = typeof(WorkerPool).Assembly.GetCustomAttributes<MetadataUpdateHandlerAttribute>().Single();
        MethodInfo update = handler.HandlerType.GetMethod("UpdateApplication", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public, [typeof(Type[])])!;
        update.Invoke(null, [types]);
    }
}
