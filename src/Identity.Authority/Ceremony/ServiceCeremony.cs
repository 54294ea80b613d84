using System.Security.Cryptography;
using System.Text;
using Identity.Authority.Issuers;
using Identity.Keys;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Ceremony;

/// <summary>What is done where the service's keys are.</summary>
public static class ServiceCeremony
{
    /// <summary>Keys of the issuing authorities and of their services, and requests that carry the authorities' public keys to the root.</summary>
    public static void MakeKeysAndRequests(CeremonySettings settings, CeremonySession session)
    {
        foreach (var service in settings.Services) session.Key(service);
        foreach (var authority in settings.Authorities)
        {
            var key = session.Key(authority);
            var request = CertificationRequestBuilder.Build(authority.Subject, SubjectPublicKey.Parse(key.SubjectPublicKeyInfo), KeySignature.AlgorithmOf(key));
            CeremonySession.Write(session.Place.RequestPath(authority.Name), Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE REQUEST", KeySignature.Sign(key, request)) + "\n"));
        }
    }

    /// <summary>The issuing authorities, whose certificates have come back from the root, certify their services.</summary>
    /// <param name="only">names; all when empty</param>
    public static void CertifyServices(CeremonySettings settings, CeremonySession session, IReadOnlyCollection<string> only)
    {
        if (only.FirstOrDefault(name => settings.Services.All(s => s.Name != name)) is { } unknown) throw new CeremonyRefusedException($"'{unknown}' is none of the Services.");
        foreach (var service in settings.Services.Where(s => only.Count == 0 || only.Contains(s.Name)))
        {
            var issuer = settings.Authorities.Single(a => a.Name == service.Issuer);
            var (certificate, signer) = (session.Certificate(issuer.Name), session.Key(issuer));
            if (!certificate.PublicKey.Raw.Span.SequenceEqual(signer.SubjectPublicKeyInfo.Span)) throw new KeyRingException($"Key and certificate '{issuer.Name}' do not belong together.");
            session.Certify(service, SubjectPublicKey.Parse(session.Key(service).SubjectPublicKeyInfo), signer, certificate);
        }
    }
}
