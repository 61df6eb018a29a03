using System.Runtime.ExceptionServices;

namespace Tandem.Differential.Forms;

/// <summary>Exceptions that work throws or returns: the value itself, where it is one, or one that carries it.</summary>
public static class Exceptions
{
    public static async Task<string> Thrown<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() => Throw(local)));
    }

    public static async Task<string> Thrown_by_async_work<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.RunTask(async () =>
        {
            await Task.Yield();
            Throw(local);
        }));
    }

    public static async Task<string> Thrown_with_the_value_as_inner<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() => throw new InvalidOperationException("outer", local as Exception ?? new With<T>("inner") { Value = local })));
    }

    public static async Task<string> Thrown_in_an_aggregate<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() => throw new AggregateException("several", local as Exception ?? new With<T>("first") { Value = local }, new FormatException("second"))));
    }

    public static async Task<string> Thrown_with_data<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() =>
        {
            var e = new InvalidOperationException("has data");
            e.Data["value"] = local;
            throw e;
        }));
    }

    public static async Task<string> Rethrown<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() =>
        {
            try
            {
                Throw(local);
            }
            catch (Exception e)
            {
                ExceptionDispatchInfo.Throw(e);
            }
        }));
    }

    public static async Task<string> Returned<T>(Engine run, T value, Origin o)
    {
        T local = value;
        Exception back = await run.Run(() => local as Exception ?? new With<T>("returned") { Value = local });
        return Fingerprint.Of(back);
    }

    public static async Task<string> Captured<T>(Engine run, T value, Origin o)
    {
        var e = new With<T>("captured", value as Exception) { Value = value };
        return await run.Run(() => Fingerprint.Of(e) + Look.At(e.Value, o));
    }

    public static async Task<string> Of_an_own_type_with_a_constructor_of_its_own<T>(Engine run, T value, Origin o)
    {
        T local = value;
        return await Catch(() => run.Run(() => throw new Own<T>(local, 5)));
    }

    private static void Throw<T>(T value) => throw (value as Exception ?? new With<T>("carries") { Value = value });

    private static async Task<string> Catch(Func<Task> work)
    {
        try
        {
            await work();
            return "nothing was thrown";
        }
        catch (WorkSerializationException)
        {
            throw;
        }
        catch (Exception e)
        {
            return Fingerprint.Of(e);
        }
    }

    private sealed class With<T>(string message, Exception? inner = null) : Exception(message, inner)
    {
        public T? Value { get; init; }
    }

    private sealed class Own<T>(T value, int code) : Exception("own " + code)
    {
        public T Value { get; } = value;

        public int Code { get; } = code;
    }
}
