using System.Globalization;
using Tandem.Differential.Programs;

if (args is not [var seed, var count, var folder])
{
    Console.Error.WriteLine("Tandem.Differential SEED COUNT FOLDER: writes programs, for the build of Tandem.Differential.Tests");
    return 2;
}

Generator.Write(int.Parse(seed, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture), folder);
return 0;
