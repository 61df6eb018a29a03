using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;

namespace Tandem.Tests.Serialization;

/// <summary>Members of types as values: each arrives as the one that reflection gives for it.</summary>
public class MemberTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.FlattenHierarchy;

    public static TheoryData<Type> Types => new()
    {
        typeof(object), typeof(string), typeof(int), typeof(DayOfWeek), typeof(IComparable<int>), typeof(List<int>), typeof(List<>),
        typeof(Dictionary<string, List<int[]>>), typeof(KeyValuePair<int, string>), typeof(Enumerable), typeof(Array), typeof(int[]),
        typeof(string[,]), typeof(int[][]), typeof(Action<int>), typeof(Base<int>), typeof(Base<string>.Inner<int>), typeof(Derived), typeof(Static),
        typeof(Derived<string>), typeof(IEnumerable), typeof(Exception), typeof(AppDomain), typeof(MemberTests), typeof(Expression),
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void All_members_of_a_type_arrive_as_themselves(Type type)
    {
        int count = 0;
        foreach (MemberInfo member in type.GetMembers(All))
        {
            MemberInfo read = Wire.RoundTrip(member);
            Assert.Equal(member, read);
            Assert.True(member == read);
            Assert.Equal(member.GetHashCode(), read.GetHashCode());
            Assert.Equal(member.ReflectedType, read.ReflectedType);
            Assert.Same(read.GetType(), Wire.RoundTrip<object>(member).GetType());
            count++;
            ParameterInfo[] parameters = member switch
            {
                MethodInfo method => [.. method.GetParameters(), method.ReturnParameter],
                ConstructorInfo constructor => constructor.GetParameters(),
                PropertyInfo property => property.GetIndexParameters(),
                _ => [],
            };
            foreach (ParameterInfo parameter in parameters)
            {
                ParameterInfo same = Wire.RoundTrip(parameter);
                Assert.Equal(parameter.Member, same.Member);
                Assert.Equal(parameter.Position, same.Position);
                Assert.Same(parameter.ParameterType, same.ParameterType);
            }
        }

        Assert.NotEqual(0, count);
    }

    [Fact]
    public void Generic_methods_arrive_with_their_arguments()
    {
        MethodInfo[] methods =
        [
            new Func<string[]>(Array.Empty<string>).Method, new Func<string[]>(Array.Empty<string>).Method.GetGenericMethodDefinition(),
            typeof(Base<int>).GetMethod(nameof(Base<>.Pair))!.MakeGenericMethod(typeof(List<string>)),
            typeof(Derived).GetMethod(nameof(Base<>.Pair))!.MakeGenericMethod(typeof(int)), typeof(Derived).GetMethod(nameof(Base<>.Pair))!,
        ];
        foreach (MethodInfo method in methods)
        {
            MethodInfo read = Wire.RoundTrip(method);
            Assert.True(method == read, method.ToString());
            Assert.Equal(method.ReflectedType, read.ReflectedType);
            Assert.Equal(method.GetGenericArguments(), read.GetGenericArguments());
        }

        Assert.Equal(3, Wire.RoundTrip(methods[2]).Invoke(new Base<int>(), [1, new List<string> { "a", "b" }]));
    }

    [Fact]
    public void A_member_that_several_values_hold_arrives_once()
    {
        MethodInfo method = typeof(string).GetMethod(nameof(string.Trim), [])!;
        byte[] once = Wire.Write<MemberInfo[]>([method]);
        byte[] often = Wire.Write<MemberInfo[]>([.. Enumerable.Repeat(method, 100)]);
        Assert.InRange(often.Length, once.Length, once.Length + (100 * 8));
        Assert.All(Wire.Read<MemberInfo[]>(often), m => Assert.Equal(method, m));
    }

    [Fact]
    public void A_member_that_was_made_at_run_time_is_refused()
    {
        var method = new DynamicMethod("m", typeof(int), []);
        Assert.Contains("made while the program ran", Wire.Refused<MethodInfo>(method).Message, StringComparison.Ordinal);
        ILGenerator code = method.GetILGenerator();
        code.Emit(OpCodes.Ldc_I4_1);
        code.Emit(OpCodes.Ret);
        Assert.Contains(
            "made while the program ran", Wire.Refused(method.CreateDelegate<Func<int>>().Method).Message, StringComparison.Ordinal);

        foreach (AssemblyBuilderAccess access in (AssemblyBuilderAccess[])[AssemblyBuilderAccess.Run, AssemblyBuilderAccess.RunAndCollect])
        {
            TypeBuilder type = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Made"), access).DefineDynamicModule("Made").DefineType("Made");
            type.DefineField("F", typeof(int), FieldAttributes.Public);
            FieldInfo field = type.CreateType().GetField("F")!;
            Assert.Contains("exists in this process only", Wire.Refused(field).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_deep_expression_tree_arrives_with_its_parameter_as_one()
    {
        ParameterExpression x = Expression.Parameter(typeof(int), "x");
        Expression body = x;
        for (int i = 0; i < 20_000; i++)
            body = Expression.Add(body, x);

        Expression<Func<int, int>> read = Wire.RoundTrip(Expression.Lambda<Func<int, int>>(body, x));
        Expression node = read.Body;
        int count = 0;
        while (node is BinaryExpression { Left: { } left, Right: { } right })
        {
            Assert.Same(read.Parameters[0], right);
            node = left;
            count++;
        }

        Assert.Equal(20_000, count);
        Assert.Same(read.Parameters[0], node);
    }

    [Fact]
    public void A_closure_that_is_called_in_a_tree_travels_whole()
    {
        int number = 4;
        IntPtr address = 3;
        Func<int> read = () => number;
        Func<IntPtr> other = () => address;
        object closure = read.Target!;
        Expression call = Expression.Call(Expression.Constant(closure), read.Method);
        Assert.Contains(nameof(address), Wire.Refused(call).Path, StringComparison.Ordinal);
        Expression<Func<int>> tree = () => number;
        Assert.Equal(4, Wire.RoundTrip(tree).Compile()());
        Assert.Equal(3, other());
    }

    [Fact]
    public void A_tree_over_variables_reads_them_whatever_the_order_in_which_code_asked_for_the_fields()
    {
        int a = 1;
        string b = "bb";
        DateTime c = DateTime.UnixEpoch;
        Expression<Func<int>> tree = () => c.Year + b.Length + a;
        Assert.Equal(1973, Wire.RoundTrip(tree).Compile()());
    }

    private class Base<T>(T? hidden = default)
    {
        public const int Constant = 4;
        public static readonly List<T> Shared = [];
        protected internal T? Field;
        private readonly T? _hidden = hidden;

        public event EventHandler? Changed;

        public T? Value { get; set; }

        protected virtual T? this[int index, string name] => _hidden;

        public int Pair<TOther>(T first, TOther second) => (second as ICollection)?.Count + 1 ?? 0;

        public void Raise()
        {
            Field = Value;
            Changed?.Invoke(this, EventArgs.Empty);
        }

        public sealed class Inner<TOther>
        {
            public (T?, TOther?) Both;

            public void Set(T first, TOther second) => Both = (first, second);
        }
    }

    private sealed class Derived<T> : Base<List<T>>;

    private sealed class Derived : Base<int>
    {
        static Derived() => GC.KeepAlive(Shared);

        public new long Value { get; set; }

        public static Derived operator +(Derived a, Derived b) => a;
    }

    private static class Static
    {
        internal static int Number { get; set; }

        internal static ref int ByRef(ref int value, out int other, in Span<byte> bytes, params string[] texts)
        {
            other = bytes.Length + texts.Length;
            return ref value;
        }
    }
}
