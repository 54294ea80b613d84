using Identity.Audit;
using Identity.Keys;
using Identity.Signing;
using Identity.Signing.CommandLine;
using Identity.Web;
using Identity.Web.CommandLine;

var program = new ServiceProgram(
    SigningCommand.Usage,
    words => SigningCommand.Run(words, Console.Out, Console.Error, TimeProvider.System),
    SigningApp.Build,
    typeof(SettingRefusedException), typeof(WebSettingsException),
    typeof(KeyRingException), typeof(DevelopmentKeyRefusedException), typeof(KeyUnavailableException), typeof(AuditUnavailableException));
return await program.Run(args, Console.Out, Console.Error);
