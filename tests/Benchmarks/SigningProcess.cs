using Identity.Keys;
using Identity.Pdf.Structure;
using Identity.Pkix.X509;
using Identity.Signing;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Seals;
using Identity.Signing.Timestamps;

namespace Identity.Benchmarks;

/// <summary>One document sealed again and again by the service's own code, in a process of its own: what <see cref="DocumentSigning"/> starts.</summary>
internal static class SigningProcess
{
    public const string Mode = "sign-one";

    /// <param name="arguments">DevHost's folder, the Authority, the seal, the level, the file, `file` or `memory`, or `again` to seal in memory what was sealed before and leave it in the file, `http` or `inside` for the time-stamps.</param>
    public static async Task Run(string[] arguments)
    {
        var (folder, authority, seal, level, file) = (arguments[0], arguments[1], arguments[2], PadesLevels.Read(arguments[3])!.Value, arguments[4]);
        var (inMemory, again, inside) = (arguments[5] is "memory" or "again", arguments[5] == "again", arguments[6] == "inside");
        var settings = SigningSettings.Check(
            new SigningOptions
            {
                PublicAddress = "http://localhost:1/", Provider = "http://localhost:1/", Authority = authority, StatusSources = [authority], Verification = "http://localhost:1/", PersonKeys = "software",
                DataDirectory = Path.Combine(folder, "sign-one"), KeysDirectory = Path.Combine(folder, "seal-keys"), TrustDirectory = Path.Combine(folder, "keys-dev", "trust"),
                Agencies = [new AgencyOptions { ClientId = "bench", Name = "Benchmark", ReturnUrls = ["http://localhost:1/"] }], Seals = [new SealOptions { Name = seal, Agencies = ["bench"] }],
            },
            production: false);
        using var keys = KeyRing.Open(settings.KeysDirectory, production: false);
        using var authorityKeys = KeyRing.Open(Path.Combine(folder, "keys-dev"), production: false);
        using var http = inside
            ? new HttpClient(new InProcessTimestamps(authorityKeys.Get("tsa", KeyPurpose.Timestamping), [.. new[] { "tsa", "services-ca" }.Select(name => Certificate.Parse(authorityKeys.CertificateChain(name)[0]))]))
            : new HttpClient();
        var time = TimeProvider.System;
        var trust = new TrustedChain(settings);
        var timestamps = new TimestampClient(http, trust, settings, time);
        var raise = new RaiseDocument(timestamps, new CollectValidationData(trust, new StatusClient(http), settings, time));
        var (organisation, key) = (new OrganisationSeals(settings, keys, trust, time)[seal], keys.Get(seal, KeyPurpose.Seal));
        var target = Path.Combine(folder, "signed.pdf");
        var bytes = inMemory ? await File.ReadAllBytesAsync(file) : [];

        await MeasuredProcess.Serve(async () =>
        {
            using var original = inMemory ? (DocumentBytes)bytes : DocumentBytes.OfFile(file);
            if (PreparedDocument.ForSeal(original, organisation, timestamps.ExpectedTokenBytes, timestamps.ClaimedSigningTime()) is not Preparation.Done { Document: var prepared })
                throw new InvalidOperationException("The document was not prepared.");
            var raised = await raise.Run(SignedDocument.Sign(prepared, key), level, CancellationToken.None);
            if (raised.Obstacle is { } obstacle)
                throw new InvalidOperationException($"{obstacle}: {raised.Detail}");
            if (inMemory)
            {
                var sealedBytes = raised.Bytes.ToArray();
                if (again)
                    await File.WriteAllBytesAsync(target, bytes = sealedBytes);
                return;
            }

            await using var output = new FileStream(target, FileMode.Create);
            await raised.Bytes.CopyToAsync(output, CancellationToken.None);
        });
    }
}
