using Identity.Authority;
using Identity.Authority.Revocation;

if (args is ["revoke", .. var command])
    return await RevokeCommand.Run(command, TimeProvider.System, Console.Out, Console.Error);
await AuthorityApp.Build(args).RunAsync();
return 0;
