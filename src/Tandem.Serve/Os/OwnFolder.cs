using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>Folders that only the user can access, because their content is trusted.</summary>
internal static class OwnFolder
{
    /// <summary>The mode of such folders, 0700.</summary>
    internal const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Creates the folder, and the folders above it, if they do not exist.</summary>
    internal static void Create(string path) => Directory.CreateDirectory(path, Mode);

    /// <summary>Whether the folder exists, belongs to this user, and is not a link.</summary>
    internal static bool IsOwn(string path) => Libc.OwnerOfFolder(path) == Libc.GetEffectiveUser();
}
