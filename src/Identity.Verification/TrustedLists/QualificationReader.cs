using System.Security.Cryptography.X509Certificates;
using System.Xml;

namespace Identity.Verification.TrustedLists;

/// <summary>Reads the qualifications of a service (TS 119 612 5.5.9.2, annex C.3). What it does not know becomes a criterion that nobody is known to meet.</summary>
internal static class QualificationReader
{
    /// <summary>Lists of criteria inside one another.</summary>
    public const int DeepestCriteria = 8;

    private const string Namespace = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
    private const string Types = "http://uri.etsi.org/02231/v2/additionaltypes#";
    private const string Identifiers = "http://uri.etsi.org/01903/v1.3.2#";
    private const string UrnOfOid = "urn:oid:";

    private static readonly Dictionary<string, X509KeyUsageFlags> Bits = new()
    {
        ["digitalSignature"] = X509KeyUsageFlags.DigitalSignature,
        ["nonRepudiation"] = X509KeyUsageFlags.NonRepudiation,
        ["keyEncipherment"] = X509KeyUsageFlags.KeyEncipherment,
        ["dataEncipherment"] = X509KeyUsageFlags.DataEncipherment,
        ["keyAgreement"] = X509KeyUsageFlags.KeyAgreement,
        ["keyCertSign"] = X509KeyUsageFlags.KeyCertSign,
        ["crlSign"] = X509KeyUsageFlags.CrlSign,
        ["encipherOnly"] = X509KeyUsageFlags.EncipherOnly,
        ["decipherOnly"] = X509KeyUsageFlags.DecipherOnly,
    };

    /// <param name="extension">Of a service's information.</param>
    public static IEnumerable<QualificationElement> Read(XmlElement extension) =>
        Children(extension, "Qualifications").SelectMany(qualifications => Children(qualifications, "QualificationElement")).Select(element => new QualificationElement(
            [.. Children(element, "Qualifiers").SelectMany(qualifiers => Children(qualifiers, "Qualifier")).Select(qualifier => qualifier.GetAttribute("uri").Trim().Split('/')[^1])],
            Children(element, "CriteriaList").ToList() is [var list] ? Criteria(list, 1) : new CertificateCriterion.Unknown()));

    private static CertificateCriterion Criteria(XmlElement list, int depth)
    {
        CriteriaAssertion? assertion = list.GetAttribute("assert") switch
        {
            "all" => CriteriaAssertion.All,
            "atLeastOne" => CriteriaAssertion.AtLeastOne,
            "none" => CriteriaAssertion.None,
            _ => null,
        };
        return assertion is { } known && depth <= DeepestCriteria
            ? new CertificateCriterion.Criteria(known, [.. list.ChildNodes.OfType<XmlElement>().Where(child => child.LocalName != "Description").SelectMany(child => Criterion(child, depth))])
            : new CertificateCriterion.Unknown();
    }

    private static IEnumerable<CertificateCriterion> Criterion(XmlElement element, int depth) => (element.NamespaceURI, element.LocalName) switch
    {
        (Namespace, "CriteriaList") => [Criteria(element, depth + 1)],
        (Namespace, "KeyUsage") => [KeyUsage(element)],
        (Namespace, "PolicySet") => [Of(element, "PolicyIdentifier", static oids => new CertificateCriterion.Policies(oids))],
        (Namespace, "otherCriteriaList") => element.ChildNodes.OfType<XmlElement>().SelectMany(child => Criterion(child, depth)),
        (Types, "ExtendedKeyUsage") => [Of(element, "KeyPurposeId", static oids => new CertificateCriterion.ExtendedKeyUsage(oids))],
        (Types, "CertSubjectDNAttribute") => [Of(element, "AttributeOID", static oids => new CertificateCriterion.SubjectAttributes(oids))],
        _ => [new CertificateCriterion.Unknown()],
    };

    private static CertificateCriterion KeyUsage(XmlElement element)
    {
        var bits = new List<(X509KeyUsageFlags, bool)>();
        foreach (var bit in element.ChildNodes.OfType<XmlElement>())
        {
            bool? isSet = bit.InnerText.Trim() switch { "true" or "1" => true, "false" or "0" => false, _ => null };
            if (bit.LocalName != "KeyUsageBit" || isSet is not { } set || !Bits.TryGetValue(bit.GetAttribute("name"), out var flag))
                return new CertificateCriterion.Unknown();
            bits.Add((flag, set));
        }

        return bits.Count > 0 ? new CertificateCriterion.KeyUsage(bits) : new CertificateCriterion.Unknown();
    }

    private static CertificateCriterion Of(XmlElement element, string name, Func<IReadOnlyList<string>, CertificateCriterion> make)
    {
        var oids = new List<string>();
        foreach (var child in element.ChildNodes.OfType<XmlElement>())
        {
            // XAdES 7.1.2: an identifier is a URN of an object identifier, or in older lists the dotted number.
            if (child.LocalName != name || child.ChildNodes.OfType<XmlElement>().FirstOrDefault(one => one is { LocalName: "Identifier", NamespaceURI: Identifiers })?.InnerText.Trim() is not { } identifier)
                return new CertificateCriterion.Unknown();
            var oid = identifier.StartsWith(UrnOfOid, StringComparison.OrdinalIgnoreCase) ? identifier[UrnOfOid.Length..] : identifier;
            if (oid.Length == 0 || !oid.All(c => c == '.' || char.IsAsciiDigit(c)))
                return new CertificateCriterion.Unknown();
            oids.Add(oid);
        }

        return oids.Count > 0 ? make(oids) : new CertificateCriterion.Unknown();
    }

    private static IEnumerable<XmlElement> Children(XmlElement parent, string name) =>
        parent.ChildNodes.OfType<XmlElement>().Where(child => child.LocalName == name && child.NamespaceURI == Namespace);
}
