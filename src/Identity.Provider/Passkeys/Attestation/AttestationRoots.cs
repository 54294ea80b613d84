using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>
/// The makers of authenticators whom the operator trusts: certificates in a directory; those in a directory below it that is named by an AAGUID
/// count for that model, and for it no others do. Nothing is ever fetched. Callable concurrently.
/// </summary>
public sealed class AttestationRoots
{
    internal const int MostCertificates = 1000;

    private const string Setting = "AttestationRoots";
    private const long LongestFile = 64 * 1024;
    private const X509ChainStatusFlags UnknownMaker = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    private static readonly string[] Endings = [".cer", ".crt", ".der", ".pem"];

    private readonly X509Certificate2Collection general;
    private readonly Dictionary<Guid, X509Certificate2Collection> byModel;

    private AttestationRoots(X509Certificate2Collection general, Dictionary<Guid, X509Certificate2Collection> byModel) =>
        (this.general, this.byModel) = (general, byModel);

    /// <summary>Nobody is trusted: no passkey is more than substantial, and no authenticator is asked who made it.</summary>
    public bool AreNone => general.Count == 0 && byModel.Count == 0;

    public static AttestationRoots None { get; } = new([], []);

    internal static AttestationRoots Check(string? directory)
    {
        if (string.IsNullOrWhiteSpace(directory))
            return None;
        if (!Directory.Exists(directory))
            throw new ProviderSettingsException(Setting, $"there is no directory {directory}.");
        var byModel = new Dictionary<Guid, X509Certificate2Collection>();
        foreach (var below in Directory.EnumerateDirectories(directory))
        {
            if (!Guid.TryParseExact(Path.GetFileName(below), "D", out var aaguid) || aaguid == Guid.Empty)
                throw new ProviderSettingsException(Setting, $"{below} must be named by an AAGUID.");
            byModel[aaguid] = Read(below);
            if (byModel[aaguid].Count == 0)
                throw new ProviderSettingsException(Setting, $"{below} holds no certificate.");
        }

        var general = Read(directory);
        return general.Count + byModel.Values.Sum(roots => roots.Count) <= MostCertificates
            ? new AttestationRoots(general, byModel)
            : throw new ProviderSettingsException(Setting, $"may hold {MostCertificates} certificates.");
    }

    internal bool Has(Guid aaguid) => byModel.ContainsKey(aaguid);

    /// <summary>
    /// RFC 5280 6 as the platform does it. A path that ends nowhere known is as good as none; one that ends at a trusted root and does not hold, or that
    /// claims to be a model whose maker did not sign it, is refused.
    /// </summary>
    internal StatementResult Judge(CertificatePath path, Guid aaguid, DateTimeOffset now)
    {
        var ofModel = byModel.GetValueOrDefault(aaguid);
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(ofModel ?? general);
        policy.ExtraStore.AddRange(path.Certificates);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = now.UtcDateTime;
        try
        {
            if (chain.Build(path.Leaf))
                return new StatementResult.Trusted();
            var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
            return ofModel is null && (problems & ~UnknownMaker) == 0
                ? new StatementResult.Unproven()
                : new StatementResult.Refused($"certificate path: {problems}");
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private static X509Certificate2Collection Read(string directory)
    {
        var roots = new X509Certificate2Collection();
        foreach (var file in Directory.EnumerateFiles(directory).Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal))
        {
            try
            {
                if (new FileInfo(file).Length > LongestFile)
                    throw new ProviderSettingsException(Setting, $"{file} is longer than {LongestFile} bytes.");
                roots.Add(X509CertificateLoader.LoadCertificateFromFile(file));
            }
            catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw new ProviderSettingsException(Setting, $"{file} is no certificate that can be read.");
            }

            // The platform ends a path at self-issued certificates only: another kind would be a root that trusts nobody.
            if (!roots[^1].SubjectName.RawData.AsSpan().SequenceEqual(roots[^1].IssuerName.RawData))
                throw new ProviderSettingsException(Setting, $"{file} is not self-issued.");
        }

        return roots;
    }
}
