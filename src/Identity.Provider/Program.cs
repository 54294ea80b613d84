using Identity.Provider;
using Identity.Provider.CommandLine;

// The server's own settings all begin with a dash; a word that is no command must not start it.
if (args is [var word, ..] && !word.StartsWith('-') && !word.StartsWith('/'))
    return await ProviderCommand.Run(args, Console.Out, Console.Error, CancellationToken.None);
await ProviderApp.Build(args).RunAsync();
return 0;
