using Identity.Audit;
using Identity.Keys;
using Identity.Provider;
using Identity.Provider.CommandLine;
using Identity.Provider.RollOver;
using Identity.Web;
using Identity.Web.CommandLine;

var program = new ServiceProgram(
    ProviderCommand.Usage,
    words => ProviderCommand.IsOne(words[0]) ? ProviderCommand.Run(words, Console.Out, Console.Error, CancellationToken.None) : null,
    ProviderApp.Build,
    typeof(ProviderSettingsException), typeof(WebSettingsException), typeof(TokenKeyPlanException),
    typeof(KeyRingException), typeof(DevelopmentKeyRefusedException), typeof(KeyUnavailableException), typeof(AuditUnavailableException));
return await program.Run(args, Console.Out, Console.Error);
