using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.X509;

namespace Identity.Verification.Revocation;

/// <summary>For which certificates and which reasons a list speaks (RFC 5280 5.2.5, 6.3.3 (b), (d)).</summary>
internal static class CrlScope
{
    /// <summary>ReasonFlags 1 to 8 (4.2.1.13): all that a certificate can be revoked for.</summary>
    public const int AllReasons = 0x1FE;

    /// <summary>The reasons for which the list speaks of the certificate; 0 when it does not.</summary>
    public static int ReasonsFor(CertificateRevocationList list, Certificate certificate)
    {
        var reasons = 0;
        foreach (var point in certificate.Facts.CrlDistributionPoints)
            reasons |= Reasons(list, certificate, point);
        // 6.3.3, after the loop over the distribution points: as if one named the certificate's issuer.
        return reasons | Reasons(list, certificate, null);
    }

    private static int Reasons(CertificateRevocationList list, Certificate certificate, DistributionPoint? point)
    {
        var scope = list.IssuingDistributionPoint;
        // 6.3.3 (b)(1): another issuer signs the list only where the certificate says so, and the list says that it does.
        if (point is { CrlIssuer.Count: > 0 })
        {
            if (scope is not { Indirect: true } || !point.CrlIssuer.Any(name => name.Directory?.SameAs(list.Issuer) == true))
                return 0;
        }
        else if (!list.Issuer.SameAs(certificate.Issuer))
        {
            return 0;
        }
        if (scope is null)
            return (point?.Reasons ?? AllReasons) & AllReasons;
        if (!SharesName(scope, list, certificate, point))
            return 0;
        // (b)(2)(ii) to (iv).
        var isAuthority = certificate.Facts.BasicConstraints?.IsAuthority == true;
        if ((scope.OnlyUserCertificates && isAuthority) || (scope.OnlyAuthorityCertificates && !isAuthority) || scope.OnlyAttributeCertificates)
            return 0;
        // (d).
        return (scope.OnlySomeReasons ?? AllReasons) & (point?.Reasons ?? AllReasons) & AllReasons;
    }

    /// <summary>The complete list and its changes speak of the same things (6.3.3 (c)(2)).</summary>
    public static bool Same(CertificateRevocationList complete, CertificateRevocationList delta) => (complete.IssuingDistributionPoint, delta.IssuingDistributionPoint) switch
    {
        (null, null) => true,
        ({ } one, { } other) => one.OnlyUserCertificates == other.OnlyUserCertificates && one.OnlyAuthorityCertificates == other.OnlyAuthorityCertificates
            && one.OnlyAttributeCertificates == other.OnlyAttributeCertificates && one.Indirect == other.Indirect && one.OnlySomeReasons == other.OnlySomeReasons
            && Names(one.FullName, one.RelativeName, complete.Issuer) is var left && Names(other.FullName, other.RelativeName, delta.Issuer) is var right
            && left.Count == right.Count && left.All(name => right.Any(name.SameAs)),
        _ => false,
    };

    // (b)(2)(i): a list that names its place speaks of certificates that name it too, or name its issuer in that place.
    private static bool SharesName(IssuingDistributionPoint scope, CertificateRevocationList list, Certificate certificate, DistributionPoint? point)
    {
        var places = Names(scope.FullName, scope.RelativeName, list.Issuer);
        if (places.Count == 0)
            return true;
        var issuer = point?.CrlIssuer.FirstOrDefault(name => name.Directory is not null)?.Directory ?? certificate.Issuer;
        var wanted = point is null ? [Place.Of(issuer)]
            : point.FullName.Count > 0 || point.RelativeName is not null ? Names(point.FullName, point.RelativeName, issuer)
            : [.. point.CrlIssuer.Select(Place.Of)];
        return places.Any(place => wanted.Any(place.SameAs));
    }

    private static List<Place> Names(IReadOnlyList<GeneralName> full, ReadOnlyMemory<byte>? relative, DistinguishedName issuer)
    {
        if (relative is not { } below)
            return [.. full.Select(Place.Of)];
        try
        {
            return [Place.Of(issuer.With(below))];
        }
        catch (MalformedException)
        {
            // A place that cannot be read is shared with nobody.
            return [new Place(null, null)];
        }
    }

    private sealed record Place(DistinguishedName? Directory, GeneralName? Other)
    {
        public static Place Of(DistinguishedName name) => new(name, null);

        public static Place Of(GeneralName name) => name.Directory is { } directory ? Of(directory) : new(null, name);

        public bool SameAs(Place other) =>
            Directory is { } mine ? other.Directory?.SameAs(mine) == true
            : Other is { } name && other.Other is { } wanted && name.Kind == wanted.Kind && name.Content.Span.SequenceEqual(wanted.Content.Span);
    }
}
