using Tandem.Compare;
namespace Tandem.Tool.Compare;
internal static class ComparisonReport
{
    internal static string Create(ComparisonResult result, string workload) => workload + result.Machine;
}
