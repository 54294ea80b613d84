using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;

namespace Identity.Signing.Seals;

/// <summary>
/// An organisation's seal that can be used: key and certificate belong together, the certificate names an organisation, signs documents and leads to a
/// configured root. Made by <see cref="OrganisationSeals"/> alone.
/// </summary>
public sealed class OrganisationSeal
{
    private OrganisationSeal(SigningKey key, PersonCertificate certificate) => (Key, Certificate) = (key, certificate);

    public string Name => Key.Name;

    /// <summary>ML-DSA: seals only beside another seal, and says so.</summary>
    internal bool IsExperimental => SigningScheme.For(Certificate.Leaf)!.IsExperimental;

    internal SigningKey Key { get; }

    internal PersonCertificate Certificate { get; }

    /// <exception cref="KeyRingException">the message names key and reason</exception>
    internal static OrganisationSeal Open(string name, KeyRing keys, TrustedChain trust, DateTimeOffset now, bool experimental = false)
    {
        var key = keys.Get(name, KeyPurpose.Seal);
        Certificate[] chain;
        try
        {
            chain = [.. keys.CertificateChain(name).Select(Pkix.X509.Certificate.Parse)];
        }
        catch (MalformedException problem)
        {
            throw Refuse("cannot be read: " + problem.Message);
        }

        var leaf = chain[0];
        if (!leaf.PublicKey.Raw.Span.SequenceEqual(key.SubjectPublicKeyInfo.Span))
            throw Refuse("is not of this key.");
        // EN 319 412-3 4.2.1: a legal person has a name and an identifier; a person's names have no place there.
        if (leaf.Subject[Oids.Organization] is null || leaf.Subject[Oids.OrganizationIdentifier] is null || leaf.Subject[Oids.GivenName] is not null || leaf.Subject[Oids.Surname] is not null)
            throw Refuse("does not name an organisation with its identifier.");
        if (SigningScheme.For(leaf) is not { } scheme)
            throw Refuse("has a key that signs no documents here.");
        if (scheme.IsExperimental != experimental)
            throw Refuse(experimental ? "has a key of the standards, and the setting says that it is experimental." : "has an ML-DSA key, which is outside the standards: Experimental must say so in its setting.");
        if (!trust.Leads(leaf.Raw, chain.Skip(1).Select(issuer => issuer.Raw), now))
            throw Refuse("does not lead to a root of TrustDirectory: it has ended, or its issuers are not behind it in its file.");
        return new OrganisationSeal(key, new PersonCertificate(leaf, chain[1..]));

        KeyRingException Refuse(string problem) => new($"The certificate of seal '{name}' {problem}");
    }
}

/// <summary>The seals of the settings, opened at the start of the service: one that could not be used is a reason not to start.</summary>
public sealed class OrganisationSeals
{
    private readonly Dictionary<string, OrganisationSeal> seals;

    public OrganisationSeals(SigningSettings settings, KeyRing keys, TrustedChain trust, TimeProvider time) =>
        seals = settings.Seals.Names.ToDictionary(name => name, name => OrganisationSeal.Open(name, keys, trust, time.GetUtcNow(), settings.Seals.Experimental.Contains(name)), StringComparer.Ordinal);

    public OrganisationSeal this[string name] => seals[name];
}
