namespace Tandem.Tests.Serialization;

public class ObjectTests
{
    [Fact]
    public void Private_readonly_and_inherited_fields_arrive_without_a_constructor()
    {
        var account = new SavingsAccount(42, "bank") { Balance = 3.5m };
        int constructed = Account.Constructed;
        SavingsAccount read = Wire.RoundTrip(account);
        Assert.Equal((42, 3.5m, "bank"), (read.Secret, read.Balance, read.Bank));
        Assert.Equal(constructed, Account.Constructed);
    }

    [Fact]
    public void Records_arrive_with_their_own_type()
    {
        Person person = new Employee("E", 2, [1, 2], new Person("B", 60, []) { Nickname = "boss" });
        var read = Assert.IsType<Employee>(Wire.RoundTrip(person));
        Assert.Equal(("E", 2, "boss"), (read.Name, read.Age, read.Boss!.Nickname));
        Assert.Equal([1, 2], read.Scores);
    }

    [Fact]
    public void Interfaces_hold_classes_and_boxed_structs()
    {
        Assert.Equal(new Circle(2).Area, Wire.RoundTrip<IShape>(new Circle(2)).Area);
        Assert.Equal(9, Wire.RoundTrip<IShape>(new Square { Side = 3 }).Area);
        Assert.Equal(DayOfWeek.Friday, Wire.RoundTrip<Enum>(DayOfWeek.Friday));
        Assert.Equal(3, Wire.RoundTrip<ValueType>(3));
        Assert.Equal("s", Wire.RoundTrip<IComparable>("s"));
    }

    [Fact]
    public void A_shared_reference_stays_shared()
    {
        var shared = new Node { Name = "shared" };
        Node[] read = Wire.RoundTrip<Node[]>([shared, shared, new Node { Other = shared }]);
        Assert.Same(read[0], read[1]);
        Assert.Same(read[0], read[2].Other);
    }

    [Fact]
    public void Shared_references_stay_shared_among_thousands_of_objects()
    {
        Node[] nodes = [.. Enumerable.Range(0, 3000).Select(i => new Node { Name = $"{i}" })];
        Node[] read = Wire.RoundTrip<Node[]>([.. nodes, .. nodes.Reverse()]);
        for (int i = 0; i < 3000; i++)
            Assert.Same(read[i], read[5999 - i]);
    }

    [Fact]
    public void A_cycle_stays_a_cycle()
    {
        var first = new Node { Name = "1" };
        first.Next = new Node { Name = "2", Next = first };
        Node read = Wire.RoundTrip(first);
        Assert.Same(read, read.Next!.Next);

        var list = new List<object>();
        list.Add(list);
        List<object> readList = Wire.RoundTrip(list);
        Assert.Same(readList, readList[0]);

        object[] array = new object[1];
        array[0] = array;
        object[] readArray = Wire.RoundTrip(array);
        Assert.Same(readArray, readArray[0]);

        var dictionary = new Dictionary<string, object>();
        dictionary["me"] = dictionary;
        Dictionary<string, object> readDictionary = Wire.RoundTrip(dictionary);
        Assert.Same(readDictionary, readDictionary["me"]);
    }

    [Fact]
    public void A_writer_forgets_the_objects_of_the_payload_before()
    {
        var node = new Node { Name = "again", Other = new Circle(1) };
        Assert.Equal(Wire.Write(node), Wire.Write(node));
    }

    [Fact]
    public void A_closure_arrives_with_its_variables()
    {
        int a = 1;
        string b = "two";
        Func<string> work = () => a + b;
        object read = Wire.RoundTrip(work.Target!);
        Assert.Equal("1two", work.Method.Invoke(read, null));
    }

    [Fact]
    public void A_plain_object_is_a_new_lock() => Assert.Equal(typeof(object), Wire.RoundTrip(new object()).GetType());

    [Fact]
    public void Many_threads_share_the_codecs()
    {
        Parallel.For(0, 8, i =>
        {
            Person read = Wire.RoundTrip(new Person($"{i}", i, [i]));
            Assert.Equal(i, Assert.Single(read.Scores));
        });
    }
}
