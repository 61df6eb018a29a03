using Microsoft.AspNetCore;

namespace Tandem.Serve.TestApp;

#pragma warning disable ASPDEPR004, ASPDEPR008 // they are obsolete, and many applications have them
/// <summary>The application as it was written before there were generic hosts.</summary>
internal static class OlderHost
{
    internal static void Run(string[] args) => WebHost.CreateDefaultBuilder(args).ConfigureKestrel(Patience.Configure).UseStartup<Startup>().Build().Run();

    private sealed class Startup
    {
        public static void ConfigureServices(IServiceCollection services) => services.AddHostedService<Ticker>();

        public static void Configure(IApplicationBuilder app) => app.Run(AnswerAsync);

        private static async Task AnswerAsync(HttpContext context)
        {
            string? path = context.Request.Path.Value;
            if (path == "/slow")
                await Task.Delay(int.Parse(context.Request.Query["ms"]!, System.Globalization.CultureInfo.InvariantCulture), context.RequestAborted);

            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(path switch
            {
                "/pid" => $"{Environment.ProcessId}",
                "/ticker" => Ticker.IsRunning ? "true" : "false",
                "/environment" => Environment.GetEnvironmentVariable(context.Request.Query["name"]!) ?? "",
                "/slow" => "slow",
                _ => "Hello, World!",
            });
        }
    }
}
