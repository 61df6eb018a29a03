using System.Diagnostics;

namespace Tandem.Context;

/// <summary>What of its caller's context an item has: the same on threads and in processes.</summary>
/// <param name="Activity">The trace that the item belongs to; null for none.</param>
/// <param name="Cultures">Null for those that workers have by themselves.</param>
internal readonly record struct Caller(Activity? Activity, Cultures? Cultures);
