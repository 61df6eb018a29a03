using System.Security.Cryptography;
using System.Text;

namespace ScanAssemblies;

/// <summary>What a run counted over all files.</summary>
/// <param name="Files">Files that were scanned.</param>
/// <param name="Assemblies">How many of them are assemblies.</param>
/// <param name="Failed">Files that gave an error.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Types">Type definitions.</param>
/// <param name="Methods">Method definitions.</param>
/// <param name="IlBytes">Bytes of intermediate language.</param>
/// <param name="Digest">A hash over the hashes and errors of all files, in order.</param>
internal sealed record Totals(int Files, int Assemblies, int Failed, long Bytes, long Types, long Methods, long IlBytes, string Digest)
{
    internal static Totals Of(Outcome[] outcomes)
    {
        FileScan[] scans = [.. outcomes.Select(outcome => outcome.Scan).OfType<FileScan>()];
        string all = string.Join('\n', outcomes.Select(outcome => outcome.Scan?.Sha256 ?? outcome.Error));
        return new Totals(
            scans.Length,
            scans.Count(scan => scan.IsAssembly),
            outcomes.Length - scans.Length,
            scans.Sum(scan => scan.Bytes),
            scans.Sum(scan => (long)scan.Types),
            scans.Sum(scan => (long)scan.Methods),
            scans.Sum(scan => scan.IlBytes),
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(all))));
    }
}

/// <summary>Whether all runs found the same, file by file.</summary>
internal sealed record Comparison(Totals[] Totals, string[] DifferentFiles)
{
    internal bool AreEqual => DifferentFiles.Length == 0 && Totals.Distinct().Count() <= 1;

    internal static Comparison Of(string[] files, Run[] runs)
    {
        var different = files.Where((_, index) => runs.Select(run => run.Outcomes[index]).Distinct().Count() > 1);
        return new Comparison([.. runs.Select(run => ScanAssemblies.Totals.Of(run.Outcomes))], [.. different]);
    }
}
