using System.Diagnostics;

namespace Tandem.Context;

/// <summary>The part of its caller's context that an item gets, on threads and in processes alike.</summary>
/// <param name="Activity">The trace of the item; null for none.</param>
/// <param name="Cultures">The caller's cultures; null if workers have the same by default.</param>
internal readonly record struct Caller(Activity? Activity, Cultures? Cultures);
