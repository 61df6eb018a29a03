using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Tandem.Serve.TestApp;

/// <summary>Requests that take long, each in its own way.</summary>
internal static class Endless
{
    private static long s_spins;

    internal static void Map(WebApplication app)
    {
        app.MapGet("/endless/spin", static (int? ms, string? until) => Spin(ms ?? int.MaxValue, until));
        app.MapGet("/endless/block", Block);
        app.MapGet("/endless/block-later", BlockLaterAsync);
        app.MapGet("/endless/block-until-aborted", BlockUntilAborted);
        app.MapGet("/endless/await", static () => new TaskCompletionSource<string>().Task);
        app.MapGet("/endless/yield", YieldAsync);
        app.MapGet("/endless/abort-blocks", BlockWhenAbortedAsync);
        app.MapGet("/endless/begun", BeginAsync);
        app.MapGet("/endless/swallows", SwallowAsync);
        app.MapGet("/endless/drip", DripAsync);
        app.MapGet("/endless/unlimited", [DisableRequestTimeout] static async (int ms) =>
        {
            await Task.Delay(ms);
            return "unlimited";
        });
        app.MapGet("/endless/own-limit", static async (int ms, CancellationToken token) => await Task.Delay(ms, token)).WithRequestTimeout("own");
    }

    internal static void AddOwnLimit(IServiceCollection services, int milliseconds) =>
        services.AddRequestTimeouts(options => options.AddPolicy("own", new RequestTimeoutPolicy { Timeout = TimeSpan.FromMilliseconds(milliseconds), TimeoutStatusCode = StatusCodes.Status418ImATeapot }));

    /// <param name="milliseconds">For how long.</param>
    /// <param name="until">A file with which it is over; null for none.</param>
    private static string Spin(int milliseconds, string? until)
    {
        for (long end = Environment.TickCount64 + milliseconds; Environment.TickCount64 < end && !(until is not null && File.Exists(until));)
            s_spins++;

        return "spun";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Block()
    {
        Thread.Sleep(Timeout.Infinite);
        return "never";
    }

    private static async Task BlockLaterAsync()
    {
        await Task.Yield();
        Thread.Sleep(Timeout.Infinite);
    }

    private static void BlockUntilAborted(CancellationToken token)
    {
        token.WaitHandle.WaitOne();
        token.ThrowIfCancellationRequested();
    }

    private static async Task YieldAsync()
    {
        while (true)
            await Task.Yield();
    }

    private static async Task BlockWhenAbortedAsync(CancellationToken token)
    {
        await using CancellationTokenRegistration registration = token.Register(static () => Thread.Sleep(Timeout.Infinite));
        await Task.Delay(Timeout.Infinite, CancellationToken.None);
    }

    private static async Task BeginAsync(HttpContext context)
    {
        await context.Response.WriteAsync("begun");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Has an answer of its own for requests that are aborted.</summary>
    private static async Task<IResult> SwallowAsync(CancellationToken token)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, token);
        }
        catch (OperationCanceledException)
        {
            // That is what it waits for.
        }

        return Results.Text("its own", statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task DripAsync(HttpContext context, int ms, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await context.Response.WriteAsync("x");
            await context.Response.Body.FlushAsync();
            await Task.Delay(ms);
        }
    }
}
