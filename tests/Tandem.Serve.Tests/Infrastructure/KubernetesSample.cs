using System.CommandLine;
using System.Globalization;
using Tandem.Tool.Serve;
using YamlDotNet.RepresentationModel;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>What samples/Serve/kubernetes.yaml says of the container.</summary>
internal sealed class KubernetesSample
{
    private readonly YamlNode _pod;
    private readonly YamlNode _container;

    private KubernetesSample(YamlNode deployment)
    {
        YamlNode template = deployment["spec"]["template"];
        _pod = template["spec"];
        _container = _pod["containers"][0];
        MetricsPath = Text(template["metadata"]["annotations"]["prometheus.io/path"]);
        MetricsPort = int.Parse(Text(template["metadata"]["annotations"]["prometheus.io/port"]), CultureInfo.InvariantCulture);
    }

    /// <summary>What stands behind `tandem serve`.</summary>
    internal string[] Arguments => [.. ((YamlSequenceNode)_container["args"]).Select(Text)];

    internal ServeOptions Options
    {
        get
        {
            var options = new ServeCommandOptions();
            var command = new Command("serve");
            command.Arguments.Add(options.Application);
            options.AddTo(command);
            return options.Read(command.Parse(Arguments), control: null);
        }
    }

    internal Probe Liveness => new(_container["livenessProbe"]);

    internal Probe Readiness => new(_container["readinessProbe"]);

    internal string MetricsPath { get; }

    internal int MetricsPort { get; }

    internal TimeSpan PreStop => Seconds(_container["lifecycle"]["preStop"]["sleep"]["seconds"]);

    internal TimeSpan Grace => Seconds(_pod["terminationGracePeriodSeconds"]);

    internal static KubernetesSample Read()
    {
        var stream = new YamlStream();
        using (var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "kubernetes.yaml")))
            stream.Load(reader);

        return new KubernetesSample(stream.Documents.Select(static document => document.RootNode).Single(static node => Text(node["kind"]) == "Deployment"));
    }

    internal int Port(string name)
    {
        YamlNode port = ((YamlSequenceNode)_container["ports"]).Single(port => Text(port["name"]) == name);
        return int.Parse(Text(port["containerPort"]), CultureInfo.InvariantCulture);
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static TimeSpan Seconds(YamlNode node) => TimeSpan.FromSeconds(int.Parse(Text(node), CultureInfo.InvariantCulture));

    /// <summary>A probe by HTTP.</summary>
    internal sealed class Probe(YamlNode node)
    {
        internal string Path => Text(node["httpGet"]["path"]);

        internal string Port => Text(node["httpGet"]["port"]);

        internal TimeSpan Period => Seconds(node["periodSeconds"]);

        internal TimeSpan Timeout => Seconds(node["timeoutSeconds"]);

        internal int Failures => int.Parse(Text(node["failureThreshold"]), CultureInfo.InvariantCulture);
    }
}
