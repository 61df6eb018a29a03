// Looked for in the assemblies that ASPNETCORE_HOSTINGSTARTUPASSEMBLIES names, by hosts of the older kind too (WebHostBuilder).
[assembly: Microsoft.AspNetCore.Hosting.HostingStartup(typeof(Tandem.Serve.Hook.WebHostStartup))]
