// Hosts, also old ones (WebHostBuilder), search for this attribute in the assemblies that ASPNETCORE_HOSTINGSTARTUPASSEMBLIES names.
[assembly: Microsoft.AspNetCore.Hosting.HostingStartup(typeof(Tandem.Serve.Hook.WebHostStartup))]
