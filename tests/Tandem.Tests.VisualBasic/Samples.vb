Imports System.Collections.ObjectModel
Imports System.Globalization

''' <summary>A class with automatic properties, a default value and a property with parameters.</summary>
Public Class Customer
    Private ReadOnly _notes As New Dictionary(Of String, String)(StringComparer.OrdinalIgnoreCase)

    Public Property Name As String = "nobody"

    Public Property Born As Date

    Public Property Orders As New List(Of Order)

    Default Public Property Note(key As String) As String
        Get
            Dim found As String = Nothing
            Return If(_notes.TryGetValue(key, found), found, "")
        End Get
        Set
            _notes(key) = Value
        End Set
    End Property
End Class

''' <summary>A structure with an array and an optional value.</summary>
Public Structure Order
    Private ReadOnly _amounts As Decimal()

    Public Sub New(number As Integer, discount As Double?, ParamArray amounts As Decimal())
        Me.Number = number
        Me.Discount = discount
        _amounts = amounts
    End Sub

    Public ReadOnly Property Number As Integer

    Public ReadOnly Property Discount As Double?

    Public ReadOnly Property Total As Decimal
        Get
            Return _amounts.Sum()
        End Get
    End Property
End Structure

''' <summary>A class with an event, whose handlers the compiler keeps in a field of its own.</summary>
Public Class Meter
    Public Event Changed As EventHandler

    Public Property Value As Integer

    Public Sub Add(amount As Integer)
        Value += amount
        RaiseEvent Changed(Me, EventArgs.Empty)
    End Sub
End Class

''' <summary>Values as Visual Basic programs have them, for tests that send them and ask the copy to describe itself.</summary>
Public Module Samples
    Private ReadOnly All As New Dictionary(Of String, (Make As Func(Of Object), Describe As Func(Of Object, String))) From {
        {"class", (AddressOf MakeCustomer, Function(value) DescribeCustomer(DirectCast(value, Customer)))},
        {"class with an event", (Function() New Meter With {.Value = 3}, AddressOf DescribeMeter)},
        {"structure", (Function() MakeOrder(7), Function(value) DescribeOrder(DirectCast(value, Order)))},
        {"anonymous type", (Function() New With {.Id = 42, .Name = "lamp"}, Function(value) value.ToString())},
        {"anonymous type with a key", (Function() New With {Key .Id = 42, .Name = "lamp"}, Function(value) value.ToString() & value.Equals(New With {Key .Id = 42, .Name = "other"}).ToString())},
        {"date", (Function() #2/29/2024 1:02:03 PM#, Function(value) DirectCast(value, Date).ToString("o", CultureInfo.InvariantCulture))},
        {"collection with keys", (AddressOf MakeCollection, AddressOf DescribeCollection)},
        {"tuple", (Function() (Left:=1, Right:="two"), Function(value) value.ToString())},
        {"array with bounds", (Function() New Integer(1, 2) {{1, 2, 3}, {4, 5, 6}}, Function(value) String.Join(",", DirectCast(value, Integer(,)).Cast(Of Integer)))},
        {"xml literal", (Function() <order id="1"><line>lamp</line></order>, AddressOf DescribeXml)},
        {"nothing in a list", (Function() New List(Of String) From {"a", Nothing}, Function(value) String.Join("|", DirectCast(value, List(Of String))))},
        {"iterator", (Function() Squares(4), Function(value) String.Join(",", DirectCast(value, IEnumerable(Of Integer))))},
        {"lambda", (AddressOf MakeLambda, Function(value) DirectCast(value, Func(Of Integer, Integer))(4).ToString(CultureInfo.InvariantCulture))}
    }

    ''' <summary>The names of all samples.</summary>
    Public ReadOnly Property Names As String()
        Get
            Return All.Keys.ToArray()
        End Get
    End Property

    ''' <summary>Makes the value of a name anew.</summary>
    Public Function Make(name As String) As Object
        Return All(name).Make()
    End Function

    ''' <summary>What a value of this name says of itself. It may change the value.</summary>
    Public Function Describe(name As String, value As Object) As String
        Return All(name).Describe(value)
    End Function

    Private Function MakeOrder(number As Integer) As Order
        Return New Order(number, 0.25, 1.5D, 2D)
    End Function

    Private Function DescribeOrder(order As Order) As String
        Return FormattableString.Invariant($"{order.Number} {order.Total} {order.Discount}")
    End Function

    Private Function MakeCustomer() As Object
        Dim customer As New Customer With {.Name = "Ada", .Born = #12/10/1815#}
        customer.Orders.Add(MakeOrder(1))
        customer.Orders.Add(New Order(2, Nothing, 0D))
        customer("Street") = "Main"
        Return customer
    End Function

    Private Function DescribeCustomer(customer As Customer) As String
        Return FormattableString.Invariant($"{customer.Name} {customer.Born:o} {String.Join(";", customer.Orders.Select(AddressOf DescribeOrder))} {customer("STREET")}")
    End Function

    Private Function DescribeMeter(value As Object) As String
        Dim meter = DirectCast(value, Meter)
        Dim calls = 0
        AddHandler meter.Changed, Sub() calls += 1
        meter.Add(2)
        Return FormattableString.Invariant($"{meter.Value} {calls}")
    End Function

    Private Function MakeCollection() As Object
        Dim words As New Microsoft.VisualBasic.Collection From {{"one", "first"}, {"two", "second"}}
        words.Add("three")
        Return words
    End Function

    Private Function DescribeCollection(value As Object) As String
        Dim words = DirectCast(value, Microsoft.VisualBasic.Collection)
        Return FormattableString.Invariant($"{words.Count} {words("SECOND")} {words(3)} {words.Contains("first")} {words.Contains("third")}")
    End Function

    Private Function DescribeXml(value As Object) As String
        Dim order = DirectCast(value, XElement)
        Return order.Element("line").Value & order.Attribute("id").Value & order.ToString(SaveOptions.DisableFormatting)
    End Function

    Private Iterator Function Squares(count As Integer) As IEnumerable(Of Integer)
        For i = 1 To count
            Yield i * i
        Next
    End Function

    Private Function MakeLambda() As Object
        Dim factor = 3
        Return New Func(Of Integer, Integer)(Function(x) x * factor)
    End Function
End Module
