using System.Globalization;
using System.Text;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
WebApplication app = builder.Build();
byte[] hello = Encoding.ASCII.GetBytes("Hello, World!");

app.Run(async context =>
{
    switch (context.Request.Path.Value)
    {
        case "/block":
            Block(int.Parse(context.Request.Query["ms"].ToString(), CultureInfo.InvariantCulture));
            break;
        case "/crash":
            Environment.FailFast("A request asked for it.");
            break;
    }

    context.Response.ContentType = "text/plain";
    context.Response.ContentLength = hello.Length;
    await context.Response.Body.WriteAsync(hello);
});

await app.RunAsync();

// What code that waits for something without `await` does once enough requests run it: no thread of the pool is left.
static void Block(int milliseconds)
{
    long end = Environment.TickCount64 + milliseconds;
    int threads = Math.Max(ThreadPool.ThreadCount, Environment.ProcessorCount);
    for (int i = 1; i < threads; i++)
        ThreadPool.UnsafeQueueUserWorkItem(_ => SleepUntil(end), null);

    SleepUntil(end);
}

#pragma warning disable RS0030 // It blocks on purpose.
static void SleepUntil(long end) => Thread.Sleep((int)Math.Max(0, end - Environment.TickCount64));
