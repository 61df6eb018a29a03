namespace Tandem.Serialization;

/// <summary>An object that has a number, but whose contents follow later in the payload.</summary>
internal readonly record struct DeferredObject(object Value, PlainShape Shape);
