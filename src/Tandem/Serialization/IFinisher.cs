namespace Tandem.Serialization;

/// <summary>What has to be done to an object when all that it refers to has been read.</summary>
internal interface IFinisher
{
    /// <summary>Completes the object; throws <see cref="RebuildException"/>.</summary>
    void Finish(object target, object? state);
}
