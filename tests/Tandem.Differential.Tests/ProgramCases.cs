using Tandem.Differential.Programs;

namespace Tandem.Differential.Tests;

/// <summary>Cases that are programs, which were generated when this was built.</summary>
internal static class ProgramCases
{
    /// <summary>The program with a number, over and over, with other values each time.</summary>
    internal static Case Of(int number, int seed)
    {
        GeneratedProgram program = Generated.GeneratedPrograms.All[number % Generated.GeneratedPrograms.All.Length];
        int values = Case.Mix(seed, number) % 1_000_000;
        return new Case($"p{number}", $"program {program.Index} of the seed {Generated.GeneratedPrograms.Seed}, values {values}", program.Refused, engine => program.Run(engine, values));
    }

    /// <summary>The text of a case that is a program; null for the others.</summary>
    internal static string? TextOf(Case one) => one.Id[0] == 'p'
        ? ProgramWriter.Write(Generated.GeneratedPrograms.Seed, int.Parse(one.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % Generated.GeneratedPrograms.All.Length).ToString()
        : null;
}
