// Native calls take plain numbers and pointers only, so that their stubs can be compiled ahead instead of at the first call.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
