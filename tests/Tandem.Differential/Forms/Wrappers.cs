using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Tandem.Differential.Forms;

/// <summary>A value inside of others.</summary>
public static class Wrappers
{
    public static async Task<string> In_an_anonymous_object<T>(Engine run, T value, Origin o)
    {
        var wrapped = new { Id = o.Seed, Value = value };
        (string inside, object back) = await run.Run(() => (Look.At(wrapped.Value, o) + Look.Json(wrapped), (object)wrapped));
        return inside + Fingerprint.Of(back);
    }

    public static Task<string> In_an_anonymous_object_that_is_only_passed_on<T>(Engine run, T value, Origin o)
    {
        var wrapped = new { Id = o.Seed, Inner = new { Value = value, Name = "lamp" } };
        return run.Run(() => Look.Json(wrapped) + Fingerprint.Of(wrapped) + wrapped.Equals(wrapped));
    }

    public static Task<string> In_an_anonymous_object_of_which_one_property_is_read<T>(Engine run, T value, Origin o)
    {
        var wrapped = new { Id = o.Seed, Value = value };
        return run.Run(() => wrapped.Id + Fingerprint.Of(wrapped));
    }

    public static Task<string> In_a_list_of_anonymous_objects<T>(Engine run, T value, Origin o)
    {
        var list = new[] { 1, 2 }.Select(n => new { n, value }).ToList();
        return run.Run(() =>
        {
            string text = "";
            foreach (var element in list)
                text += element.n + Fingerprint.Of(element);

            return text;
        });
    }

    public static Task<string> In_an_array_of_anonymous_objects_read_in_part<T>(Engine run, T value, Origin o)
    {
        var array = new[] { new { Id = 1, Value = value }, new { Id = 2, Value = value } };
        return run.Run(() => array.Sum(x => x.Id) + Look.Json(array) + Fingerprint.Of(array));
    }

    public static Task<string> In_a_tuple<T>(Engine run, T value, Origin o)
    {
        (int Id, T Value) pair = (o.Seed, value);
        return run.Run(() => Look.At(pair.Value, o) + pair.Id);
    }

    public static Task<string> In_a_tuple_class<T>(Engine run, T value, Origin o)
    {
        Tuple<T, T> pair = Tuple.Create(value, value);
        return run.Run(() => Look.AtBoth(pair.Item1, pair.Item2, o));
    }

    public static async Task<string> In_a_struct<T>(Engine run, T value, Origin o)
    {
        var wrapped = new WrapStruct<T>(1, value);
        WrapStruct<T> back = await run.Run(() => new WrapStruct<T>(wrapped.Id + 1, wrapped.Value));
        return back.Id + Look.At(back.Value, o);
    }

    public static async Task<string> In_a_record<T>(Engine run, T value, Origin o)
    {
        var wrapped = new WrapRecord<T>(1, value);
        (string text, WrapRecord<T> back) = await run.Run(() => (Fingerprint.Of(wrapped), wrapped with { Id = 2 }));
        return text + Look.At(back.Value, o) + back.Id;
    }

    public static async Task<string> In_a_class<T>(Engine run, T value, Origin o)
    {
        var wrapped = new WrapClass<T> { Value = value, Any = value };
        (string text, WrapClass<T> back) = await run.Run(() => (Look.AtBoth(wrapped.Value, wrapped.Any, o), wrapped));
        return text + Look.AtBoth(back.Value, back.Any, o);
    }

    public static async Task<string> In_an_array<T>(Engine run, T value, Origin o)
    {
        T[] array = [value, value];
        (string text, T[] back) = await run.Run(() => (Look.AtBoth(array[0], array[1], o), array));
        return text + Look.AtBoth(back[0], back[1], o) + back.Length;
    }

    public static async Task<string> In_a_list_twice<T>(Engine run, T value, Origin o)
    {
        List<object?> list = [value, new List<T> { value }, value];
        (string text, List<object?> back) = await run.Run(() => (Fingerprint.Of(list), list));
        return text + Fingerprint.Of(back);
    }

    public static Task<string> In_a_list_of_its_type<T>(Engine run, T value, Origin o)
    {
        List<T> list = [value, value, default!];
        return run.Run(() => Look.AtBoth(list[0], list[1], o) + list.Count + Fingerprint.Of(list[2]));
    }

    public static Task<string> In_an_array_of_two_dimensions<T>(Engine run, T value, Origin o)
    {
        T[,] array = { { value, value } };
        return run.Run(() => Look.AtBoth(array[0, 0], array[0, 1], o));
    }

    public static Task<string> As_a_value_of_a_dictionary<T>(Engine run, T value, Origin o)
    {
        var map = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase) { ["Key"] = value };
        return run.Run(() => Look.At(map["kEY"], o));
    }

    public static Task<string> As_a_key_of_a_dictionary<T>(Engine run, T value, Origin o)
    {
        var map = new Dictionary<ValueTuple<T>, int> { [ValueTuple.Create(value)] = 1 };
        T key = value;
        return run.Run(() => $"{map.ContainsKey(ValueTuple.Create(key))} {Look.IsComparable(key) && map.ContainsKey(ValueTuple.Create(Corpus.Make<T>(o)))} {Look.At(map.Keys.First().Item1, o)}");
    }

    public static Task<string> In_a_set_of_objects<T>(Engine run, T value, Origin o)
    {
        HashSet<object?> set = [value, "other"];
        object? key = value;
        return run.Run(() => $"{set.Contains(key)} {Look.IsComparable(key) && set.Contains(Corpus.Make<T>(o))} {set.Count}");
    }

    public static Task<string> In_a_set_by_reference<T>(Engine run, T value, Origin o)
    {
        object key = value is null or string or ValueType ? new object() : value;
        HashSet<object> set = new(ReferenceEqualityComparer.Instance) { key };
        return run.Run(() => $"{set.Contains(key)} {set.Count}");
    }

    public static Task<string> In_immutable_collections<T>(Engine run, T value, Origin o)
    {
        ImmutableArray<T> array = [value];
        ImmutableList<T> list = [value];
        return run.Run(() => Look.At(array[0], o) + Look.At(list[0], o));
    }

    public static Task<string> In_concurrent_collections<T>(Engine run, T value, Origin o)
    {
        var queue = new ConcurrentQueue<T>([value]);
        var map = new ConcurrentDictionary<string, T> { ["a"] = value };
        return run.Run(() => Look.At(queue.First(), o) + Look.At(map["a"], o));
    }

    public static Task<string> In_linked_nodes<T>(Engine run, T value, Origin o)
    {
        var list = new LinkedList<T>([value, value]);
        var node = new Node<T> { Value = value };
        node.Next = new Node<T> { Value = value, Next = node };
        return run.Run(() => Look.At(list.Last!.Value, o) + Look.AtBoth(node.Value, node.Next!.Next!.Value, o) + ReferenceEquals(node, node.Next.Next));
    }

    public static Task<string> In_memory<T>(Engine run, T value, Origin o)
    {
        T[] array = [value, value, value];
        Memory<T> memory = array.AsMemory(1);
        return run.Run(() =>
        {
            memory.Span[0] = default!;
            return memory.Length + Look.At(array[0], o) + Fingerprint.Of(array[1]);
        });
    }

    public static Task<string> In_a_base_class_field<T>(Engine run, T value, Origin o)
    {
        WrapClass<T> wrapped = new WrapDerived<T> { Value = value, Any = 1, More = value };
        return run.Run(() => Look.AtBoth(wrapped.Value, ((WrapDerived<T>)wrapped).More, o));
    }

    public static Task<string> Behind_an_interface<T>(Engine run, T value, Origin o)
    {
        IReadOnlyCollection<T> wrapped = new Queue<T>([value]);
        return run.Run(() => Look.At(wrapped.First(), o) + wrapped.GetType().Name);
    }

    private readonly struct WrapStruct<T>(int id, T value)
    {
        internal int Id { get; } = id;

        internal T Value { get; } = value;
    }

    private sealed record WrapRecord<T>(int Id, T Value);

    private class WrapClass<T>
    {
        internal T Value { get; set; } = default!;

        internal object? Any { get; set; }
    }

    private sealed class WrapDerived<T> : WrapClass<T>
    {
        internal T More { get; set; } = default!;
    }

    private sealed class Node<T>
    {
        internal T Value { get; set; } = default!;

        internal Node<T>? Next { get; set; }
    }
}
