using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>Folders that are the user's alone, because what lies in them is believed or obeyed.</summary>
internal static class OwnFolder
{
    /// <summary>Their mode, 0700.</summary>
    internal const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it, and those above it, where they are not there.</summary>
    internal static void Create(string path) => Directory.CreateDirectory(path, Mode);

    /// <summary>Whether it is there, is this user's, and is no link.</summary>
    internal static bool IsOwn(string path) => Libc.OwnerOfFolder(path) == Libc.GetEffectiveUser();
}
