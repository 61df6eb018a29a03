using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Interop;

/// <summary>A null-terminated array of C strings.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;

    internal NativeStrings(string[] all)
    {
        _count = all.Length;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(all[i]);
            byte* copy = (byte*)NativeMemory.AllocZeroed((nuint)(bytes.Length + 1));
            Marshal.Copy(bytes, 0, (nint)copy, bytes.Length);
            Pointer[i] = copy;
        }
    }

    internal byte** Pointer { get; }

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            NativeMemory.Free(Pointer[i]);
        NativeMemory.Free(Pointer);
    }
}
