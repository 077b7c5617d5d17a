using Praefect.Silo.CommandLine;
using Praefect.Silo.Logging;

WholeLines.OnStandardOutput();
return await PraefectCommand.RunAsync(args, TimeProvider.System);
