using Identity.Keys.CommandLine;

return TokenCommand.Run(args, Console.Out, Console.Error);
