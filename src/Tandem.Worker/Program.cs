// Started by `dotnet exec` with the dependencies of a program in which startup hooks are switched off.
Tandem.Worker.WorkerHost.RunIfWorker();
Console.Error.WriteLine("Tandem.Worker is started by Tandem, not by hand.");
return 64;
