using System.Text;

namespace Tandem.Differential.Programs;

/// <summary>
/// Writes a random program in C#: variables of random kinds in nested scopes, and work that reads some of them in random ways. What
/// the work changes, nobody else reads, because a process changes copies.
/// </summary>
public sealed class ProgramWriter
{
    private const int DeepestScope = 4;
    private const int DeepestBody = 3;

    private static readonly int[] Usable = [.. Enumerable.Range(0, Corpus.All.Count).Where(IsUsable)];
    private static readonly int[] Arriving = [.. Usable.Where(static i => Corpus.All[i].Refused is null)];

    private readonly Random _random;
    private readonly int _index;
    private readonly StringBuilder _text = new();
    private readonly List<Variable> _scope = [];
    private readonly HashSet<int> _read = [];
    private int _indent = 2;
    private int _names;
    private string? _host;

    private ProgramWriter(int seed, int index)
    {
        _random = new Random(Case.Mix(seed, index));
        _index = index;
    }

    /// <summary>Why processes may refuse the program.</summary>
    public string? Refused => _read.Select(static value => Corpus.All[value].Refused).FirstOrDefault(static reason => reason is not null);

    /// <summary>Writes the program of a seed with a number.</summary>
    public static ProgramWriter Write(int seed, int index)
    {
        var writer = new ProgramWriter(seed, index);
        writer.WriteProgram();
        return writer;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private static bool IsUsable(int value) => Corpus.All[value] is { Source.Length: > 0 } kind
        && KnownDifferences.Find(kind) is null && !kind.Name.StartsWith("large", StringComparison.Ordinal)
        && !kind.Name.StartsWith("long", StringComparison.Ordinal);

    private void WriteProgram()
    {
        Line($"internal static async Task<string> P{_index}(Engine run, int seed)", 1);
        Line("{", 1);
        Line("var log = new List<string>();");
        if (_random.Next(4) == 0)
            HostedScope();
        else
            Scope(0);

        Line("return string.Join(\"\\n\", log);");
        Line("}", 1);
        _text.AppendLine(_host);
    }

    /// <summary>Some variables are fields or parameters of a class around the rest of the program.</summary>
    private void HostedScope()
    {
        Variable a = Declare("var {0} = {1};"), b = Declare("var {0} = {1};");
        string name = $"Host{_index}";
        _read.Add(a.Value); // an object that is captured travels as a whole
        _read.Add(b.Value);
        Line($"await {name}.Of({a.Name}, {b.Name}, run, seed, log);");
        string outer = _text.ToString();
        _text.Clear();
        int indent = _indent;
        _indent = 3;
        _scope.Clear();
        Variable first = a with { Name = _random.Next(2) == 0 ? "_first" : "first", Writable = false };
        Variable second = b with { Name = "second", Writable = false };
        _scope.Add(first);
        _scope.Add(second);
        Scope(1);
        string kind = _random.Next(4) switch { 0 => "sealed record", 1 => "class", _ => "sealed class" };
        _host = $$"""
                internal static class {{name}}
                {
                    internal static Task Of<T1, T2>(T1 first, T2 second, Engine run, int seed, List<string> log) =>
                        new {{name}}<T1, T2>(first, second).RunAsync(run, seed, log);
                }

                internal {{kind}} {{name}}<T1, T2>(T1 first, T2 second)
                {
                    {{(first.Name == "_first" ? "private readonly T1 _first = first;" : "")}}

                    internal async Task RunAsync(Engine run, int seed, List<string> log)
                    {
            {{_text}}        }
                }

            """;
        _text.Clear().Append(outer);
        _indent = indent;
    }

    private void Scope(int depth)
    {
        int mark = _scope.Count;
        int declared = depth == 0 ? _random.Next(1, 4) : _random.Next(3);
        for (int i = 0; i < declared; i++)
        {
            if (_random.Next(5) == 0)
                Declare("Make.Out({1}, out var {0});");
            else
                Declare("var {0} = {1};");
        }

        if (_scope.Count > 0 && _random.Next(3) == 0)
        {
            string other = Fresh("other");
            HashSet<int> read = [.. _read];
            Line($"Func<string> {other} = () => {Seen()};");
            _read.Clear();
            _read.UnionWith(read);
            Line($"log.Add({other}());");
        }

        if (_scope.Count > 0 && (depth >= DeepestScope || _random.Next(3) == 0))
            Work();

        if (depth < DeepestScope && _random.Next(4) > 0)
            Inner(depth + 1);
        else if (_scope.Count > 0)
            Work();

        _scope.RemoveRange(mark, _scope.Count - mark);
    }

    /// <summary>A scope in this one, of a random kind.</summary>
    private void Inner(int depth)
    {
        int mark = _scope.Count;
        string name = Fresh("f");
        switch (_random.Next(10))
        {
            case 0:
                Block("", depth, "");
                break;
            case 1:
                string i = Fresh("i");
                Block($"for (int {i} = 0; {i} < 1; {i}++)", depth, "");
                break;
            case 2:
                Variable element = New(false);
                Block($"foreach (var {element.Name} in new[] {{ {element.Made} }})", depth, "", element);
                break;
            case 3:
                Variable found = New(true);
                Block($"if ({found.Made} is var {found.Name})", depth, "", found);
                break;
            case 4:
                Block($"async Task {name}()", depth, "");
                Line($"await {name}();");
                break;
            case 5:
                Block($"Func<Task> {name} = async () =>", depth, ";");
                Line($"await {name}();");
                break;
            case 6:
                Variable parameter = New(true);
                Block($"await Make.Let({parameter.Made}, async {parameter.Name} =>", depth, ");", parameter);
                break;
            case 7:
                Variable argument = New(true);
                Block($"async Task {name}<T>(T {argument.Name})", depth, "", argument);
                Line($"await {name}({argument.Made});");
                break;
            case 8:
                Variable left = New(true), right = New(true);
                Line($"var ({left.Name}, {right.Name}) = ({left.Made}, {right.Made});");
                _scope.Add(left);
                _scope.Add(right);
                Scope(depth);
                break;
            default:
                Line("try");
                Line("{");
                Line("    throw new InvalidOperationException(\"x\");");
                Line("}");
                Block("catch (InvalidOperationException)", depth, "");
                break;
        }

        _scope.RemoveRange(mark, _scope.Count - mark);
    }

    private void Block(string head, int depth, string tail, Variable? declares = null)
    {
        if (head.Length > 0)
            Line(head);

        Line("{");
        _indent++;
        if (declares is not null)
            _scope.Add(declares);

        Scope(depth);
        if (declares is not null)
            _scope.Remove(declares);

        _indent--;
        Line("}" + tail);
    }

    /// <summary>One call of work.</summary>
    private void Work()
    {
        string name = Fresh("w"), counter = Fresh("c");
        Line($"int {counter} = 1;");
        switch (_random.Next(13))
        {
            case 0:
            case 1:
                Line($"log.Add(await run.Run(() => {Seen()}));");
                break;
            case 2 or 3:
                Lambda("log.Add(await run.Run(() =>", "));", false, counter);
                break;
            case 4:
                Lambda("log.Add(await run.RunTask(async () =>", "));", true, counter);
                break;
            case 5:
                Lambda("log.Add(await run.RunToken(token =>", "));", false, counter);
                break;
            case 6:
                Lambda($"string {name}()", "", false, counter);
                Line($"log.Add(await run.Run({name}));");
                break;
            case 7:
                Lambda($"async Task<string> {name}()", "", true, counter);
                Line($"log.Add(await run.RunTask({name}));");
                break;
            case 8:
                Variable given = Any();
                string argument = Fresh("a");
                _scope.Add(given with { Name = argument });
                Lambda($"log.Add(await run.With({given.Name}, ({argument}, _) =>", "));", false, counter);
                _scope.RemoveAt(_scope.Count - 1);
                break;
            case 9:
                Lambda($"Func<string> {name} = () =>", ";", false, counter);
                Line($"log.Add(await run.Run(() => {name}() + {Seen()}));");
                break;
            case 10:
                string n = Fresh("n");
                Line($"log.Add(string.Concat(await run.Map(new[] {{ 1, 2 }}, {n} => {n} + {Seen()})));");
                break;
            case 11:
                Variable back = Any();
                Line($"var ({name}, {name}back) = await run.Run(() => ({Seen()}, {back.Name}));");
                Line($"log.Add({name} + Look.At({name}back, {back.Origin}));");
                break;
            default:
                Variable carried = Any();
                if (Corpus.All[carried.Value].Refused is not null)
                    goto case 0; // members of exceptions that cannot travel stay behind

                Line("try");
                Line("{");
                Line($"    await run.Run(() => {{ throw Make.Carrier({carried.Name}); }});");
                Line("}");
                Line($"catch (Exception {name}) when ({name} is not WorkSerializationException)");
                Line("{");
                Line($"    log.Add(Fingerprint.Of({name}));");
                Line("}");
                break;
        }
    }

    private void Lambda(string head, string tail, bool isAsync, string counter)
    {
        Line(head);
        Line("{");
        _indent++;
        string text = Fresh("t");
        Line($"string {text} = \"\";");
        int mark = _scope.Count;
        Body(text, isAsync, counter, 0);
        _scope.RemoveRange(mark, _scope.Count - mark);
        Line($"return {text};");
        _indent--;
        Line("}" + tail);
    }

    private void Body(string text, bool isAsync, string counter, int depth)
    {
        int statements = _random.Next(1, 4);
        for (int i = 0; i < statements; i++)
            Statement(text, isAsync, counter, depth);
    }

    private void Statement(string text, bool isAsync, string counter, int depth)
    {
        string name = Fresh("x"), n = Fresh("n");
        int kind = _random.Next(depth < DeepestBody ? 19 : 12);
        switch (kind)
        {
            case 0 or 1:
                Line($"{text} += {Seen()};");
                break;
            case 2:
                Line($"{text} += new Func<string>(() => {Seen()} + {counter})();");
                break;
            case 3:
                Line($"{text} += string.Concat(new[] {{ 1, 2 }}.Select({n} => {n} + {Seen()}));");
                break;
            case 4:
                Line($"System.Linq.Expressions.Expression<Func<string>> {name} = () => {Seen()} + {counter};");
                Line($"{text} += {name}.Compile(true)();");
                break;
            case 5:
                Line($"{text} += string.Concat(new[] {{ 1, 2, 3 }}.AsQueryable().Where({n} => {n} > {counter}).Select({n} => {n} + {Seen()}));");
                break;
            case 6:
                Line($"{counter}++;");
                Line($"{text} += {counter};");
                break;
            case 7:
                Variable a = Any(), b = Any();
                string members = a.Name == b.Name || a.Name is "_first" || b.Name is "_first" ? $"A = {a.Name}, B = {b.Name}" : $"{a.Name}, {b.Name}, {counter}";
                Line($"var {name} = new {{ {members} }};");
                Line($"{text} += Fingerprint.Of({name}) + Look.Json({name});");
                break;
            case 8:
                Line($"{text} += Look.At((object?){Any(out string origin)}, {origin});");
                break;
            case 9:
                Line($"string {name}(int {n}) => {n} == 0 ? {Seen()} : {name}({n} - 1);");
                Line($"{text} += {name}(2);");
                break;
            case 10:
                Variable pattern = Any();
                Line($"if ({pattern.Name} is var {name} && {counter} > 0)");
                Line($"    {text} += new Func<string>(() => Look.At({name}, {pattern.Origin}))();");
                break;
            case 11:
                if (isAsync)
                    Line("await Task.Yield();");
                else if (Writable() is { } changed)
                    Line($"{text} += Make.ByReference(ref {changed.Name}, {changed.Origin});");
                else
                    Line($"{text} += $\"{{{Seen()}}} of {{{counter}}}\";");
                break;
            case 12:
                Line($"IEnumerable<string> {name}()");
                Line("{");
                Line($"    yield return {Seen()};");
                Line($"    yield return {counter} + {Seen()};");
                Line("}");
                Line($"{text} += string.Concat({name}());");
                break;
            case 13:
                Nested($"string {name}()", $"{text} += {name}();", false, counter, depth);
                break;
            case 14:
                if (isAsync)
                    Nested($"async Task<string> {name}()", $"{text} += await {name}();", true, counter, depth);
                else
                    Nested($"Func<string> {name} = () =>", $"{text} += {name}();", false, counter, depth, ";");
                break;
            case 15:
                Variable element = Any();
                Line($"foreach (var {name} in new[] {{ {element.Name}, {element.Name} }})");
                _scope.Add(element with { Name = name, Writable = false });
                Braces(() => Body(text, isAsync, counter, depth + 1));
                _scope.RemoveAt(_scope.Count - 1);
                break;
            case 16:
                Line("try");
                Braces(() =>
                {
                    Line($"if ({Seen()}.Length > 0)");
                    Line("    throw new FormatException(\"f\");");
                });
                Line($"catch (FormatException {name}) when ({name}.Message + {counter} != \"\" && {Seen()}.Length > 0)");
                Braces(() => Line($"{text} += {name}.Message;"));
                Line("finally");
                Braces(() => Line($"{text} += {Seen()};"));
                break;
            case 17:
                Variable outer = Any();
                Line($"var {name} = {outer.Name};");
                _scope.Add(outer with { Name = name, Writable = true });
                Nested($"Func<Func<string>> {name}f = () => () =>", $"{text} += {name}f()();", false, counter, depth, ";");
                break;
            default:
                Line($"{text} += string.Concat(from {n} in new[] {{ 2, 1 }} let {name} = {Seen()} where {n} > 0 orderby {n} select {n} + {name} + {Seen()});");
                break;
        }
    }

    private void Nested(string head, string call, bool isAsync, string counter, int depth, string tail = "")
    {
        Line(head);
        string text = Fresh("t");
        Line("{");
        _indent++;
        int mark = _scope.Count;
        Line($"string {text} = \"\";");
        Body(text, isAsync, counter, depth + 1);
        Line($"return {text};");
        _scope.RemoveRange(mark, _scope.Count - mark);
        _indent--;
        Line("}" + tail);
        Line(call);
    }

    private void Braces(Action inside)
    {
        Line("{");
        _indent++;
        int mark = _scope.Count;
        inside();
        _scope.RemoveRange(mark, _scope.Count - mark);
        _indent--;
        Line("}");
    }

    /// <summary>An expression that looks at one to three variables.</summary>
    private string Seen()
    {
        int count = _random.Next(8) switch { < 5 => 1, < 7 => 2, _ => 3 };
        string seen = string.Join(" + ", Enumerable.Range(0, count).Select(_ => $"Look.At({Any(out string origin)}, {origin})"));
        return count == 1 ? seen : $"({seen})";
    }

    private Variable Any()
    {
        Variable any = _scope[_random.Next(_scope.Count)];
        _read.Add(any.Value);
        return any;
    }

    private string Any(out string origin)
    {
        Variable any = Any();
        origin = any.Origin;
        return any.Name;
    }

    private Variable? Writable()
    {
        Variable any = Any();
        return any.Writable ? any : null;
    }

    private Variable Declare(string format)
    {
        Variable made = New(true);
        Line(string.Format(System.Globalization.CultureInfo.InvariantCulture, format.Replace("{1}", "\u0001", StringComparison.Ordinal), made.Name)
            .Replace("\u0001", made.Made, StringComparison.Ordinal));
        _scope.Add(made);
        return made;
    }

    private Variable New(bool writable)
    {
        int[] values = _random.Next(12) == 0 ? Usable : Arriving;
        return new Variable(Fresh("v"), values[_random.Next(values.Length)], _random.Next(1000), writable);
    }

    private string Fresh(string prefix) => prefix + _names++;

    private void Line(string line, int? indent = null) => _text.Append(' ', 4 * (indent ?? _indent)).AppendLine(line);
}
