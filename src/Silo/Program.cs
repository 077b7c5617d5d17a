using Praefect.Silo.CommandLine;

return await PraefectCommand.RunAsync(args, TimeProvider.System);
