using System.Text.RegularExpressions;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// EN 319 412-3 4.2.1 and EN 319 412-2 4.2.3.1: country, organisation, its identifier (always for a seal) and common name, each once; lengths of RFC 5280
/// appendix A; EN 319 412-1 5.1.4: the form of the identifier. No character that hides or turns text around.
/// </summary>
internal static partial class LegalSubjectLint
{
    private static readonly string[] Order = [Oids.Country, Oids.Organization, Oids.OrganizationIdentifier, Oids.CommonName];

    public static string? Check(Certificate certificate, LintContext context)
    {
        if (context.Kind == CertificateKind.Person) return null;
        var attributes = certificate.Subject.Attributes.ToList();
        var identifier = certificate.Subject[Oids.OrganizationIdentifier];
        var expected = identifier is null && context.Kind != CertificateKind.Seal ? Order.Where(oid => oid != Oids.OrganizationIdentifier) : Order;
        if (!attributes.Select(a => a.Oid).SequenceEqual(expected)) return "not the attributes of the profile";
        if (attributes.Any(a => string.IsNullOrWhiteSpace(a.Value) || a.Value.EnumerateRunes().Count() > CertificateProfile.MaxCommonName)) return "an attribute is empty or longer than 64 characters";
        if (attributes.Any(a => !ShowableText.IsShowable(a.Value))) return "a character that is not shown";
        if (!Country().IsMatch(attributes[0].Value)) return "country is not two letters";
        return identifier is null || Identifier().IsMatch(identifier) ? null : "identifier is not of the semantic form";
    }

    [GeneratedRegex("^[A-Z]{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Country();

    // LEI is global and has no country of its own: XG stands there. Two letters and a colon are a national scheme.
    [GeneratedRegex("^(?:VAT|NTR|PSD|LEI|[A-Z]{2}:)[A-Z]{2}-[A-Za-z0-9/.+-]{1,58}$", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
