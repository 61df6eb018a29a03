using System.ComponentModel;
using System.Dynamic;

namespace Tandem.Tests.Serialization;

/// <summary>Objects whose members are made at run time.</summary>
public class DynamicTests
{
    [Fact]
    public void An_ExpandoObject_keeps_its_members_in_their_order()
    {
        dynamic sent = new ExpandoObject();
        sent.Zeta = 1;
        sent.Alpha = "text";
        sent.Nothing = null;
        sent.Self = sent;
        sent.Inner = new ExpandoObject();
        sent.Inner.Numbers = new List<int> { 1, 2 };
        ((IDictionary<string, object?>)sent).Remove("Alpha");
        sent.Alpha = "again";

        ExpandoObject read = Wire.RoundTrip((ExpandoObject)sent);
        var members = (IDictionary<string, object?>)read;
        Assert.Equal(((IDictionary<string, object?>)sent).Keys, members.Keys);
        Assert.Equal("again", members["Alpha"]);
        Assert.Same(read, members["Self"]);
        Assert.Equal([1, 2], (List<int>)((dynamic)read).Inner.Numbers);
    }

    [Fact]
    public void An_ExpandoObject_with_handlers_is_refused_with_advice()
    {
        var sent = new ExpandoObject();
        ((INotifyPropertyChanged)sent).PropertyChanged += static (_, _) => { };
        Assert.Contains("pass a Dictionary", Wire.Refused(sent).Message, StringComparison.Ordinal);
    }
}
