using Tandem.Differential.Programs;
using Tandem.Differential.Tests.Generated;

namespace Tandem.Differential.Tests;

/// <summary>Cases that are programs, which were generated when this was built.</summary>
internal static class ProgramCases
{
    /// <summary>The program with a number, over and over, with other values each time.</summary>
    internal static Case Of(int number, int seed)
    {
        GeneratedProgram program = GeneratedPrograms.All[number % GeneratedPrograms.All.Length];
        int values = Case.Mix(seed, number) % 1_000_000;
        return new Case($"p{number}", $"program {program.Index} of the seed {GeneratedPrograms.Seed}, values {values}", program.Refused, engine => program.Run(engine, values));
    }

    /// <summary>The text of a case that is a program; null for the others.</summary>
    internal static string? TextOf(Case one) => one.Id[0] == 'p'
        ? ProgramWriter.Write(GeneratedPrograms.Seed, int.Parse(one.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % GeneratedPrograms.All.Length).ToString()
        : null;
}
