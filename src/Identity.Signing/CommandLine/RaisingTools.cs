using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Identity.Signing.Certificates;
using Identity.Signing.LocalSigning;
using Identity.Signing.Pades;
using Identity.Signing.Revocation;
using Identity.Signing.Timestamps;
using Identity.Web.CommandLine;

namespace Identity.Signing.CommandLine;

/// <summary>
/// With what `sign` and `extend` raise a document: settings of this machine's user, behind them those that a service names. Only what they use is looked
/// at: neither keys nor the addresses of a service's own neighbours.
/// </summary>
internal sealed record RaisingTools(SigningSettings Settings, TrustedChain Trust, TimestampClient Timestamps, CollectValidationData Collect)
{
    private const string NameTheRoots = "Name the folder with the root certificates that you believe: --Signing:TrustDirectory=DIR";
    private const int BytesOfTrial = 32;

    /// <param name="given"><c>--Signing:Name=value</c>: what this machine's user says.</param>
    /// <param name="service">Null: none was named.</param>
    /// <exception cref="SettingRefusedException">nobody is believed, or an address cannot be asked</exception>
    public static async Task<RaisingTools> Open(IReadOnlyList<string> given, Uri? service, ServiceNeighbours? neighbours, HttpClient http, TextWriter progress, TimeProvider time)
    {
        // Of two of one name the later counts: what this machine's user says.
        var settings = Read([.. neighbours?.Settings ?? [], .. given]);
        // Only hashes travel there, and what comes back is signed: TLS is for their privacy, which needs none on this machine.
        if (!settings.Timestamps.IsLoopback)
            SigningSettings.AnyAddress(settings.Timestamps.AbsoluteUri, "Timestamps", IsProduction(given));
        var roots = IsNamed(given) || neighbours is not { Roots.Count: > 0 } ? Configured(settings) : neighbours.Roots;
        if (neighbours is not null && roots == neighbours.Roots)
        {
            foreach (var root in roots)
                await progress.WriteLineAsync($"Development: {service} names the root that is believed here, {root.Subject}, SHA-256 {root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}.");
        }

        var trust = new TrustedChain(() => roots);
        return new RaisingTools(settings, trust, new TimestampClient(http, trust, settings, time), new CollectValidationData(trust, new StatusClient(http), settings, time));
    }

    /// <summary>Whether what will be needed can be had, before anything is approved; null, or why it cannot.</summary>
    public async Task<RemoteRefusedException?> Obstacle(PadesLevel level, PersonCertificate certificate, TimeProvider time, CancellationToken cancellation)
    {
        // B-LT holds the proof that the certificate leads to a root.
        if (level > PadesLevel.T && !Trust.Leads(certificate.Leaf.Raw, certificate.Chain.Select(issuer => issuer.Raw), time.GetUtcNow()))
            return new RemoteRefusedException("untrusted_certificate", $"Your certificate leads to no root that is believed here. {NameTheRoots}");
        return await Timestamps.Stamp(RandomNumberGenerator.GetBytes(BytesOfTrial), cancellation) is TimestampAnswer.Failed failed
            ? new RemoteRefusedException(Requests.SnakeCase.Of(failed.Reason), $"{Settings.Timestamps} gives no time-stamp that is believed here ({failed.Detail}). {NameTheRoots}")
            : null;
    }

    /// <summary>Settings for a command that neither serves nor signs with keys of a service: nothing of what production demands of one.</summary>
    public static SigningSettings Read(IReadOnlyList<string> given) =>
        SigningSettings.Check(CommandSettings.Read("signing.json", given).GetSection("Signing").Get<SigningOptions>() ?? new(), production: false);

    private static bool IsProduction(IReadOnlyList<string> given) => CommandSettings.IsProduction(CommandSettings.Read("signing.json", given));

    private static bool IsNamed(IReadOnlyList<string> given) =>
        given.Any(setting => setting.StartsWith("--Signing:TrustDirectory=", StringComparison.OrdinalIgnoreCase)) || Environment.GetEnvironmentVariable("Signing__TrustDirectory") is not null;

    private static X509Certificate2Collection Configured(SigningSettings settings)
    {
        try
        {
            return settings.TrustAnchors();
        }
        catch (SettingRefusedException)
        {
            throw new SettingRefusedException("TrustDirectory", $"({settings.TrustDirectory}) holds no certificate, or something else. {NameTheRoots}");
        }
    }
}
