using Identity.Audit;
using Identity.Authority;
using Identity.Authority.CommandLine;
using Identity.Authority.RevocationLists;
using Identity.Keys;
using Identity.Web;
using Identity.Web.CommandLine;

var program = new ServiceProgram(
    AuthorityCommand.Usage,
    words => AuthorityCommand.Run(words, Console.Out, Console.Error, TimeProvider.System),
    AuthorityApp.Build,
    typeof(AuthoritySettingsException), typeof(WebSettingsException), typeof(RevocationListRefusedException),
    typeof(KeyRingException), typeof(DevelopmentKeyRefusedException), typeof(KeyUnavailableException), typeof(AuditUnavailableException));
return await program.Run(args, Console.Out, Console.Error);
