using System.Text.RegularExpressions;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// EN 319 412-2 4.2.4: country, common name, given name, surname and serial number, each once; lengths of RFC 5280 appendix A; EN 319 412-1 5.1.3:
/// the form of the semantic identifier, whose country is the country. No character that hides or turns text around.
/// </summary>
internal static partial class PersonSubjectLint
{
    private const int MaxName = 200;

    private static readonly string[] Order = [Oids.Country, Oids.CommonName, Oids.GivenName, Oids.Surname, Oids.NameSerialNumber];

    public static string? Check(Certificate certificate, LintContext context)
    {
        if (context.Kind != CertificateKind.Person) return null;
        var attributes = certificate.Subject.Attributes.ToList();
        if (!attributes.Select(a => a.Oid).SequenceEqual(Order)) return "not the attributes of the profile";
        if (attributes.Any(a => string.IsNullOrWhiteSpace(a.Value) || a.Value.Length > MaxName)) return "an attribute is empty or too long";
        if (attributes[1].Value.EnumerateRunes().Count() > CertificateProfile.MaxCommonName) return "common name longer than 64 characters";
        if (attributes.Any(a => !ShowableText.IsShowable(a.Value))) return "a character that is not shown";
        var identifier = attributes[4].Value;
        if (!Identifier().IsMatch(identifier)) return "identifier is not of the semantic form";
        return identifier[3..5] == attributes[0].Value ? null : "country and identifier differ";
    }

    [GeneratedRegex("^(?:PNO|PAS|IDC|TIN)[A-Z]{2}-[A-Za-z0-9/.+-]{1,58}$", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
