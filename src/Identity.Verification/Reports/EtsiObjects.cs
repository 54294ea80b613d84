using System.Xml;
using Identity.Pkix.Asn1;

namespace Identity.Verification.Reports;

/// <summary>The validation objects of TS 119 102-2 4.4: each appears once, under an identifier that the signatures refer to.</summary>
public static class EtsiObjects
{
    private const string Signatures = "http://www.w3.org/2000/09/xmldsig#";
    private const string Words = "urn:etsi:019102:";

    /// <summary>Bytes of objects that are carried whole; beyond them an object is named by its digest (4.4.5 leaves the choice), for a CRL can have many megabytes.</summary>
    public const int CarriedBytes = 1024 * 1024;

    // RFC 9231 2.1.
    private static readonly Dictionary<string, string> DigestMethods = new(StringComparer.Ordinal)
    {
        [Oids.Sha1] = "http://www.w3.org/2000/09/xmldsig#sha1",
        [Oids.Sha224] = "http://www.w3.org/2001/04/xmldsig-more#sha224",
        [Oids.Sha256] = "http://www.w3.org/2001/04/xmlenc#sha256",
        [Oids.Sha384] = "http://www.w3.org/2001/04/xmldsig-more#sha384",
        [Oids.Sha512] = "http://www.w3.org/2001/04/xmlenc#sha512",
        [Oids.Sha3With256] = "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
        [Oids.Sha3With384] = "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
        [Oids.Sha3With512] = "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
    };

    public static string? DigestMethod(string? oid) => oid is null ? null : DigestMethods.GetValueOrDefault(oid);

    public static string Id(CertificateReport certificate) => "C-" + certificate.Sha256;

    public static string Id(EvidenceItem item) => item.Kind switch
    {
        EvidenceKind.Certificate => "C-",
        EvidenceKind.Crl => "R-",
        EvidenceKind.OcspResponse => "O-",
        EvidenceKind.Timestamp => "T-",
        _ => throw new InvalidOperationException($"no identifier for {item.Kind}"),
    } + item.Name;

    public static string DocumentId(int signature) => FormattableString.Invariant($"D-{signature}");

    public static void Reference(XmlWriter xml, string name, string id)
    {
        xml.WriteStartElement(name);
        xml.WriteAttributeString("VOReference", id);
        xml.WriteEndElement();
    }

    public static void Digest(XmlWriter xml, string method, ReadOnlyMemory<byte> digest)
    {
        xml.WriteStartElement("DigestAlgAndValue");
        xml.WriteStartElement("DigestMethod", Signatures);
        xml.WriteAttributeString("Algorithm", method);
        xml.WriteEndElement();
        xml.WriteElementString("DigestValue", Signatures, Convert.ToBase64String(digest.Span));
        xml.WriteEndElement();
    }

    public static void Write(XmlWriter xml, ValidationReport report)
    {
        var signatures = report.Signatures.Where(signature => signature.IsSignature).ToList();
        var timestamps = report.Signatures.SelectMany(signature => signature.Timestamps).Where(timestamp => timestamp.Token is not null).ToList();
        // Chains may hold certificates that nobody brought: anchors.
        var items = report.Evidence
            .Concat(report.Signatures.SelectMany(signature => signature.Certificates).Select(certificate => new EvidenceItem(EvidenceKind.Certificate, certificate.Raw, false)))
            .Concat(timestamps.Select(timestamp => timestamp.Token!))
            .DistinctBy(Id).ToList();
        if (items.Count == 0 && !signatures.Any(HasDigest))
            return;
        xml.WriteStartElement("SignatureValidationObjects");
        var room = CarriedBytes;
        foreach (var item in items)
        {
            var isCarried = item.Raw.Length <= room;
            room -= isCarried ? item.Raw.Length : 0;
            Item(xml, report, item, isCarried, timestamps.FirstOrDefault(timestamp => timestamp.Token!.Name == item.Name));
        }
        for (var i = 0; i < signatures.Count; i++)
        {
            if (!HasDigest(signatures[i]))
                continue;
            xml.WriteStartElement("ValidationObject");
            xml.WriteAttributeString("id", DocumentId(i + 1));
            xml.WriteElementString("ObjectType", Words + "validationObject:signedData");
            xml.WriteStartElement("ValidationObjectRepresentation");
            Digest(xml, DigestMethod(signatures[i].Bytes!.DigestOid)!, signatures[i].Bytes!.SignedDigest!.Value);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    private static bool HasDigest(SignatureReport signature) => signature.Bytes?.SignedDigest is not null && DigestMethod(signature.Bytes.DigestOid) is not null;

    private static void Item(XmlWriter xml, ValidationReport report, EvidenceItem item, bool isCarried, TimestampReport? timestamp)
    {
        xml.WriteStartElement("ValidationObject");
        xml.WriteAttributeString("id", Id(item));
        xml.WriteElementString("ObjectType", Words + "validationObject:" + item.Kind switch
        {
            EvidenceKind.Certificate => "certificate",
            EvidenceKind.Crl => "CRL",
            EvidenceKind.OcspResponse => "OCSPResponse",
            _ => "timestamp",
        });
        xml.WriteStartElement("ValidationObjectRepresentation");
        if (isCarried)
            xml.WriteElementString("base64", Convert.ToBase64String(item.Raw.Span));
        else
            Digest(xml, DigestMethods[Oids.Sha256], Convert.FromHexString(item.Name));
        xml.WriteEndElement();
        xml.WriteStartElement("POE");
        xml.WriteElementString("POETime", report.ValidationTime);
        xml.WriteElementString("TypeOfProof", Words + "poetype:validation");
        xml.WriteEndElement();
        if (timestamp is { Time: { } time })
        {
            xml.WriteStartElement("POEProvisioning");
            xml.WriteElementString("POETime", time);
            xml.WriteEndElement();
            xml.WriteStartElement("ValidationReport");
            EtsiReport.Identifier(xml, "V-" + item.Name, null);
            xml.WriteStartElement("SignatureValidationStatus");
            EtsiReport.Indication(xml, timestamp.Indication, timestamp.SubIndication);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }
}
