namespace Tandem.Serialization;

/// <summary>An object that has its number, and whose contents follow later in the payload.</summary>
internal readonly record struct DeferredObject(object Value, PlainShape Shape);
