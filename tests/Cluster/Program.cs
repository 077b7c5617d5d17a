using Praefect.Cluster;

return await SuiteCommand.RunAsync(args, TimeProvider.System);
