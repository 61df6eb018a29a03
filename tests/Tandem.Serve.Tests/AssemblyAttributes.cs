// Sockets travel between processes here by what only Linux has in this form.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
