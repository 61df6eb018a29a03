using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using Tandem.Compare.Measuring;
using Tandem.Compare.Running;

namespace Tandem.Compare.Methods;

/// <summary>
/// Work that is a method, given by its name. It is looked up in the process in which it is measured, which has the application's
/// dependencies; this process does not have them.
/// </summary>
internal sealed class MethodWorkload(MethodName name, string[]? texts, int count) : Workload
{
    internal override int Count => texts?.Length ?? count;

    internal override Workload Take(int count) => new MethodWorkload(name, texts?[..Math.Min(count, texts.Length)], Math.Min(count, Count));

    internal override string Describe(int number) =>
        texts is null ? (number % count).ToString(CultureInfo.InvariantCulture) : Shorten(texts[number % texts.Length]);

    internal override Task<Calibration> CalibrateAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Bind().CalibrateAsync(spec, board, cancellationToken);

    internal override Task<RunReport> MeasureAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Bind().MeasureAsync(spec, board, cancellationToken);

    internal override Task<BlastRadius> KillAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Bind().KillAsync(spec, board, cancellationToken);

    private Workload Bind()
    {
        Assembly assembly = Load();
        MethodInfo method = MethodSearch.Find(assembly, name.Method, hasTexts: texts is not null);
        ParameterInfo[] parameters = method.GetParameters();
        if (parameters.Length == 0)
            return Binding.Of(method, Numbers(), typeof(int));

        return texts is not null ? Binding.Of(method, texts, typeof(string)) : Binding.Of(method, Numbers(), typeof(int));
    }

    private int[] Numbers() => [.. Enumerable.Range(0, Count)];

    private Assembly Load()
    {
        try
        {
            if (!name.IsProgram)
                LibraryLoader.Prepare(name.Assembly);

            return AssemblyLoadContext.Default.LoadFromAssemblyPath(name.Assembly);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException)
        {
            throw new MethodException($"'{name.Assembly}' cannot be loaded: {e.Message}", e);
        }
    }
}
