using System.Security.Cryptography;
using Identity.Authority.Issuance;
using Identity.Authority.Issuance.Lint;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Web.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;

namespace Identity.Authority.CommandLine;

/// <summary>
/// <c>certify seal --request FILE --country EE --organization NAME --identifier NTREE-... --common-name NAME --out FILE</c>: a certificate for an organisation's
/// seal, whom the operator has identified. Exit code 0 issued, 1 not, 2 wrong usage.
/// </summary>
public static class CertifyCommand
{
    private const int Done = 0, NotDone = 1;
    public const string Usage = "Identity.Authority certify seal --request FILE --country EE --organization NAME --identifier NTREE-12345678 --common-name NAME --out FILE [--data DIR] [SETTING]...";
    private const int MaxRequestFile = 64 * 1024;

    public static async Task<int> Run(string[] args, TimeProvider time, TextWriter output, TextWriter error)
    {
        var arguments = CommandArguments.Parse<AuthorityOptions>([.. args.Skip(1)], ["request", "country", "organization", "identifier", "common-name", "out"], [], out var problemOfUsage);
        if (args is not ["seal", ..] || arguments is not { Words: [], Json: false } || Seal(arguments) is not (var organisation, var request, var file))
            return await CommandArguments.Refuse(error, problemOfUsage, Usage);
        try
        {
            using var command = await ServiceCommand.Open(arguments.Settings, usesKeys: true, time);
            using var keys = new AuthorityKeys(command.Settings);
            if (command.Settings.Seal is not { } profile || keys.Sealing is not { } issuer)
                throw new AuthoritySettingsException(nameof(AuthoritySettings.Issuers), "has none that certifies Seals.");
            if (File.Exists(file)) throw new IOException($"'{file}' is there already.");
            if (ReadKey(request, profile) is not { } key)
            {
                await error.WriteLineAsync($"'{request}' is not the request of a key {string.Join(" or ", profile.Keys)} that proves possession.");
                return NotDone;
            }
            var cycle = new IssuanceCycle(command.Databases, keys, new PersonProfile(command.Settings), command.Audit, time, NullLogger<IssuanceCycle>.Instance);
            var result = await cycle.Issue(profile, profile.Content(organisation.ToName(), key, issuer.Certificate, time.GetUtcNow()), issuer, approvalId: null, CancellationToken.None);
            if (result is not IssuanceResult.Issued { Certificate.Certificate: var certificate })
            {
                await error.WriteLineAsync("It was not signed: "
                    + (result is IssuanceResult.LintFailed failed ? string.Join("; ", failed.Findings.Select(f => $"{f.Rule}: {f.Problem}")) : "this key was certified before."));
                return NotDone;
            }
            await IssuanceCommand.WriteCertificate(file, certificate, issuer.Certificate);
            await output.WriteLineAsync($"{certificate.SerialHex} of {issuer.Name} for {organisation.Organization}: {file}");
            return Done;
        }
        catch (Exception problem) when (problem is AuthoritySettingsException or KeyRingException or DevelopmentKeyRefusedException or IOException or UnauthorizedAccessException
            || AuthorityStores.Outage(problem) is not null)
        {
            await error.WriteLineAsync(AuthorityStores.Complaint(problem));
            return NotDone;
        }
    }

    private static (LegalPerson Organisation, string Request, string File)? Seal(CommandArguments options) =>
        (options.Option("country"), options.Option("organization"), options.Option("identifier"), options.Option("common-name"), options.Option("request"), options.Option("out")) is
            ({ Length: 2 } country, { } organization, { } identifier, { } commonName, { } request, { } file) && country.All(char.IsAsciiLetterUpper)
            ? (new LegalPerson(country, organization, identifier, commonName), request, file)
            : null;

    // The subject in the request is not looked at: who the organisation is stands in the operator's words.
    private static SubjectPublicKey? ReadKey(string file, CertificateProfile profile)
    {
        if (new FileInfo(file) is not { Exists: true, Length: <= MaxRequestFile }) return null;
        try
        {
            var pem = File.ReadAllText(file);
            var request = CertificationRequest.Parse(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]));
            return PublicKeyLint.AlgorithmOf(request.PublicKey) is { } kind && profile.Keys.Contains(kind) && request.VerifyPossession() == SignatureCheck.Valid ? request.PublicKey : null;
        }
        catch (Exception problem) when (problem is MalformedException or ArgumentException or FormatException)
        {
            return null;
        }
    }
}
