using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance;

/// <summary>
/// An organisation as the subject of a certificate (EN 319 412-3 4.2.1): of a seal, where the identifier is required, and of authorities and
/// services, where it may be absent. Identifier: EN 319 412-1 5.1.4, such as NTREE-12345678.
/// </summary>
public sealed record LegalPerson(string Country, string Organization, string? Identifier, string CommonName)
{
    public DistinguishedName ToName() => DistinguishedName.Of(
    [
        new AttributeTypeAndValue(Oids.Country, Country),
        new AttributeTypeAndValue(Oids.Organization, Organization),
        .. Identifier is null ? Array.Empty<AttributeTypeAndValue>() : [new AttributeTypeAndValue(Oids.OrganizationIdentifier, Identifier)],
        new AttributeTypeAndValue(Oids.CommonName, CommonName),
    ]);
}
