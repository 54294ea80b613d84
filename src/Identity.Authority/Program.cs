using Identity.Authority;
using Identity.Authority.Ceremony;
using Identity.Authority.CommandLine;
using Identity.Authority.Revocation;

switch (args)
{
    case ["ceremony", .. var ceremony]:
        return await CeremonyCommand.Run(ceremony, TimeProvider.System, Console.Out, Console.Error);
    case ["certify", .. var certificate]:
        return await CertifyCommand.Run(certificate, TimeProvider.System, Console.Out, Console.Error);
    case ["issuance", .. var issuance]:
        return await IssuanceCommand.Run(issuance, TimeProvider.System, Console.Out, Console.Error);
    case ["revoke", .. var revocation]:
        return await RevokeCommand.Run(revocation, TimeProvider.System, Console.Out, Console.Error);
    default:
        await AuthorityApp.Build(args).RunAsync();
        return 0;
}
