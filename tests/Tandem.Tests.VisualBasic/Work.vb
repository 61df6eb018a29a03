Imports System.Linq.Expressions
Imports System.Threading.Tasks

''' <summary>Delegates as Visual Basic programs write them, each over one value that it shows to somebody.</summary>
Public Module Work
    Public Function Captured(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Return Function() see(value)
    End Function

    Public Function Nested(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Dim count As Integer = 2
        Return Function() String.Concat(Enumerable.Range(1, count).Select(Function(n) n & see(value)))
    End Function

    Public Function Statements(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Dim text As String = ""
        Return Function()
                   For i = 1 To 2
                       Dim inner = value
                       Dim number = i
                       Dim read = Function() see(inner) & number
                       text &= read()
                   Next
                   Return text
               End Function
    End Function

    Public Function Query(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Dim numbers = {3, 1, 2}
        Return Function() String.Concat(From n In numbers Where n > 1 Order By n Let shown = see(value) Select n & shown)
    End Function

    Public Function ExpressionTree(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Return Function()
                   Dim tree As Expression(Of Func(Of String)) = Function() see(value)
                   Return tree.Compile(True)()
               End Function
    End Function

    Public Function AnonymousType(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Dim wrapped = New With {.Id = 3, Key .Name = "lamp", value}
        Return Function() wrapped.Name & wrapped.Equals(wrapped) & wrapped.Id & see(wrapped.value)
    End Function

    Public Function IteratorFunction(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Return Function()
                   Dim texts = Iterator Function() As IEnumerable(Of String)
                                   Yield see(value)
                                   Yield "second" & see(value)
                               End Function
                   Return String.Concat(texts())
               End Function
    End Function

    Public Function AsyncFunction(Of T)(value As T, see As Func(Of T, String)) As Func(Of Task(Of String))
        Return Async Function()
                   Await Task.Yield()
                   Dim text = see(value)
                   Await Task.Delay(1)
                   Return text & see(value)
               End Function
    End Function

    Public Function MethodOfAnObject(Of T)(value As T, see As Func(Of T, String)) As Func(Of String)
        Dim reader = New Reader(Of T)(value, see)
        Return AddressOf reader.Read
    End Function

    Private NotInheritable Class Reader(Of T)
        Private ReadOnly _value As T
        Private ReadOnly _see As Func(Of T, String)

        Public Sub New(value As T, see As Func(Of T, String))
            _value = value
            _see = see
        End Sub

        Public Function Read() As String
            Dim text = ""
            Try
                Throw New InvalidOperationException("fails")
            Catch ex As InvalidOperationException When text = ""
                text = ex.Message & _see(_value)
            End Try
            Return text
        End Function
    End Class
End Module
