return await Identity.DevHost.DevHost.Run(args);
