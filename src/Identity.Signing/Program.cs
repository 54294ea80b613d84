await Identity.Signing.SigningApp.Build(args).RunAsync();
