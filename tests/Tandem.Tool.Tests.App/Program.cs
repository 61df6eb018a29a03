// Comparing a method must never run the program.
Console.Error.WriteLine("Main was run.");
return 99;
