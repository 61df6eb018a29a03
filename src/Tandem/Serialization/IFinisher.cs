namespace Tandem.Serialization;

/// <summary>Completes an object once everything that it refers to has been read.</summary>
internal interface IFinisher
{
    /// <summary>Completes the object. Throws <see cref="RebuildException"/>.</summary>
    void Finish(object target, object? state);
}
