// Entered by `dotnet exec`, with the dependencies and the configuration of the program that it works for.
Tandem.InWorker.WorkerHost.RunIfWorker();
Console.Error.WriteLine("Tandem.Worker is started by Tandem, not by hand.");
return 64;
