namespace Tandem.Tool.Lab;

/// <summary>An experiment cannot run on this machine.</summary>
internal sealed class LabException(string message, Exception? inner = null) : Exception(message, inner);
