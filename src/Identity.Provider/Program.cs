await Identity.Provider.ProviderApp.Build(args).RunAsync();
