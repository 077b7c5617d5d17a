return await Praefect.StorageNode.Hosting.NodeCommand.RunAsync(args);
