using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem.Tests.Sharing;

/// <summary>A shared object never travels by its fields.</summary>
public sealed class SharedShapeTests
{
    [Fact]
    public void Every_class_of_shared_objects_names_its_shape()
    {
        Type[] classes =
        [
            .. typeof(WorkerPool).Assembly.GetTypes()
                .Where(static type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(ISharedObject))),
            typeof(ProcessChannelReader<>),
            typeof(ProcessChannelWriter<>),
        ];

        Assert.True(classes.Length > 5);
        Assert.All(classes, static type => Assert.True(type.IsDefined(typeof(ShapeAttribute), inherit: false), type.Name));
    }
}
