using System.Diagnostics;
using System.Security.Cryptography;
using Identity.Authority;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Keys.Activation;
using Identity.Pkix.Signatures;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Benchmarks;

/// <summary>The Authority as it runs, in a process of its own, with keys of files or of a token; asked on its input, it issues people's certificates one after another.</summary>
internal static class ServedAuthority
{
    public const string Mode = "authority-one";

    /// <param name="arguments">Its folder of keys, a folder for its data, its address.</param>
    public static async Task Run(string[] arguments)
    {
        var (keysFolder, data, address) = (arguments[0], arguments[1], arguments[2]);
        await using var app = AuthorityApp.Build(
            [
                "--environment=Development", "--Logging:LogLevel:Default=None", $"--urls={address.TrimEnd('/')}", $"--Authority:PublicAddress={address}", "--Authority:Provider=http://localhost:1/",
                $"--Authority:Database=Data Source={Path.Combine(data, "authority.db")}", $"--Authority:Audit={Path.Combine(data, "audit.jsonl")}", $"--Authority:Keys={keysFolder}",
                $"--Authority:ClientKey={Path.Combine(data, "client.jwk.json")}", "--Authority:TrustedClock=Unchecked",
            ]);
        await app.StartAsync();
        var (keys, profile, cycle) = (app.Services.GetRequiredService<AuthorityKeys>(), app.Services.GetRequiredService<PersonProfile>(), app.Services.GetRequiredService<IssuanceCycle>());
        var person = new ApprovedPerson("PNOXX-48504210018", "Liis", "Tamm");
        // A person's key is made for each certificate, as the token does: its 70 us are in the figure.
        await MeasuredProcess.Serve(async () =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var content = profile.Content(person, [RandomNumberGenerator.GetBytes(32)], SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()), keys.Issuing.Certificate, TimeProvider.System.GetUtcNow());
            if (await cycle.Issue(profile.Profile, content, keys.Issuing, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), CancellationToken.None) is not IssuanceResult.Issued)
                throw new UnreachableException("Nothing stands against this certificate.");
        });
        await app.StopAsync();
    }
}
