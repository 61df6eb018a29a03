namespace Tandem.Serve.Protocol;

/// <summary>A message: its first word, and the text after it.</summary>
/// <param name="Verb">The first word, which says what the message is about.</param>
/// <param name="Rest">The text after the first word.</param>
/// <param name="Descriptor">A descriptor that arrived with the message and now belongs to this process; -1 if there is none.</param>
internal readonly record struct Message(string Verb, string Rest, int Descriptor);
