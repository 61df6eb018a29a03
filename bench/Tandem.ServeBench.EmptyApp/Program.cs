WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
// As the template's appsettings.json has it, which is not read from where the benchmark happens to be started.
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
WebApplication app = builder.Build();

app.MapGet("/", () => "Hello, World!");

app.Run();
