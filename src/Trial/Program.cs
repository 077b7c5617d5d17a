using Praefect.Trial;

return await TrialCommand.RunAsync(args, TimeProvider.System);
