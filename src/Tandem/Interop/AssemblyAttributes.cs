// Native calls use only numbers and pointers, so their stubs can be compiled ahead of time instead of at the first call.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
