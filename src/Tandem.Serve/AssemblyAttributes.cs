// Passing sockets between processes (SCM_RIGHTS) and several other calls here exist only on Linux.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
