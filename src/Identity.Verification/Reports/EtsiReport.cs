using System.Globalization;
using System.Text;
using System.Xml;
using Identity.Web;

namespace Identity.Verification.Reports;

/// <summary>
/// The report as ETSI TS 119 102-2 V1.4.1 writes it: one SignatureValidationReport a signature (4.3), and all objects that took part (4.4),
/// each with its bytes or digest. The schema wants at least one signature, so a file without any, or one that was not read, gets one that is
/// indeterminate and says so.
/// </summary>
public static class EtsiReport
{
    public const string Namespace = "http://uri.etsi.org/19102/v1.4.1#";
    public const string MediaType = "application/xml";

    private const string Signatures = "http://www.w3.org/2000/09/xmldsig#";
    private const string Policies = "http://uri.etsi.org/01903/v1.3.2#";
    private const string Words = "urn:etsi:019102:";

    /// <summary>What the standard has no identifier for: keys of our messages.</summary>
    private const string Messages = "urn:identity:verification:message:";

    public static byte[] Render(ValidationReport report)
    {
        using var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true }))
        {
            xml.WriteStartElement("ValidationReport", Namespace);
            xml.WriteAttributeString("xmlns", "ds", null, Signatures);
            xml.WriteAttributeString("xmlns", "XAdES", null, Policies);
            var signatures = report.Signatures.Where(signature => signature.IsSignature).ToList();
            foreach (var (signature, index) in signatures.Select((signature, index) => (signature, index)))
                Signature(xml, report, signature, index + 1);
            if (signatures.Count == 0)
                Nothing(xml, report);
            EtsiObjects.Write(xml, report);
            xml.WriteEndElement();
        }
        return bytes.ToArray();
    }

    // TS 119 102-2 4.3.
    private static void Signature(XmlWriter xml, ValidationReport report, SignatureReport signature, int number)
    {
        xml.WriteStartElement("SignatureValidationReport");
        Identifier(xml, FormattableString.Invariant($"S-{number}"), signature.Bytes?.Value);
        Policy(xml, report);
        Times(xml, report, signature);
        SignersDocument(xml, signature, number);
        Attributes(xml, signature);
        if (signature.Certificates is [var signer, ..])
        {
            // 4.3.9.
            xml.WriteStartElement("SignerInformation");
            EtsiObjects.Reference(xml, "SignerCertificate", EtsiObjects.Id(signer));
            Text(xml, "Signer", signer.Subject);
            xml.WriteEndElement();
        }
        if (signature is { Indication: "TOTAL-PASSED", Qualification: { } qualification } && qualification != "NA")
        {
            // 4.3.10: the words of the library that the Commission publishes, for ETSI has none.
            xml.WriteStartElement("SignatureQuality");
            xml.WriteElementString("SignatureQualityInformation", "urn:cef:dss:signatureQualification:" + qualification switch
            {
                "QESIG" => "QESig",
                "QESEAL" => "QESeal",
                "ADESIG_QC" => "AdESig-QC",
                "ADESEAL_QC" => "AdESeal-QC",
                "ADESEAL" => "AdESeal",
                _ => "AdESig",
            });
            xml.WriteEndElement();
        }
        xml.WriteStartElement("SignatureValidationProcess");
        // 4.3.11: the last of the processes that had anything to work on.
        xml.WriteElementString("SignatureValidationProcessID", Words + "validationprocess:"
            + (signature.Timestamps.Any(timestamp => timestamp.Kind == "document-timestamp") ? "LTA" : signature.Timestamps.Any(timestamp => timestamp.Kind == "signature-timestamp") ? "LTVM" : "Basic"));
        xml.WriteEndElement();
        Status(xml, signature, number);
        xml.WriteEndElement();
    }

    // 4.3.3: what was validated is the whole file, not a digest that somebody gave.
    internal static void Identifier(XmlWriter xml, string id, ReadOnlyMemory<byte>? value)
    {
        xml.WriteStartElement("SignatureIdentifier");
        xml.WriteAttributeString("id", id);
        if (value is { } known)
            xml.WriteElementString("SignatureValue", Signatures, Convert.ToBase64String(known.Span));
        xml.WriteElementString("HashOnly", "false");
        xml.WriteElementString("DocHashOnly", "false");
        xml.WriteEndElement();
    }

    // 4.3.5.
    private static void Policy(XmlWriter xml, ValidationReport report)
    {
        xml.WriteStartElement("ValidationConstraintsEvaluationReport");
        xml.WriteStartElement("SignatureValidationPolicy");
        xml.WriteStartElement("SignaturePolicyIdentifier");
        xml.WriteElementString("SignaturePolicyImplied", Policies, "");
        xml.WriteEndElement();
        xml.WriteElementString("PolicyName", $"{report.Policy.Name} {report.Policy.Version}");
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    // 4.3.6: without a proof, the signature is known to exist since it was looked at.
    private static void Times(XmlWriter xml, ValidationReport report, SignatureReport signature)
    {
        xml.WriteStartElement("ValidationTimeInfo");
        xml.WriteElementString("ValidationTime", report.ValidationTime);
        xml.WriteStartElement("BestSignatureTime");
        xml.WriteElementString("POETime", signature.BestSignatureTime ?? report.ValidationTime);
        xml.WriteElementString("TypeOfProof", Words + "poetype:validation");
        if (signature.BestSignatureTime is { } proven && signature.Timestamps.FirstOrDefault(timestamp => timestamp.Time == proven && timestamp.Kind != "content-timestamp")?.Token is { } token)
            EtsiObjects.Reference(xml, "POEObject", EtsiObjects.Id(token));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    // 4.3.7.
    private static void SignersDocument(XmlWriter xml, SignatureReport signature, int number)
    {
        if (EtsiObjects.DigestMethod(signature.Bytes?.DigestOid) is not { } method || signature.Bytes?.SignedDigest is not { } digest)
            return;
        xml.WriteStartElement("SignersDocument");
        EtsiObjects.Digest(xml, method, digest);
        EtsiObjects.Reference(xml, "SignersDocumentRef", EtsiObjects.DocumentId(number));
        xml.WriteEndElement();
    }

    // 4.3.8: entries of the signature dictionary lie in the ByteRange, so they are signed; time-stamps are not.
    private static void Attributes(XmlWriter xml, SignatureReport signature)
    {
        // The schema wants at least one.
        if (signature is { ClaimedSigningTime: null, Reason: null, SubFilter: null } && signature.Timestamps.All(timestamp => timestamp.Time is null))
            return;
        xml.WriteStartElement("SignatureAttributes");
        Attribute(xml, "SigningTime", "Time", signature.ClaimedSigningTime, signed: true, null);
        foreach (var timestamp in signature.Timestamps)
            Attribute(xml, AttributeOf(timestamp), "TimeStampValue", timestamp.Time, signed: timestamp.Kind == "content-timestamp", timestamp.Token);
        Attribute(xml, "Reason", "ReasonElement", signature.Reason, signed: true, null);
        Attribute(xml, "SubFilter", "SubFilterElement", signature.SubFilter, signed: true, null);
        xml.WriteEndElement();
    }

    // A content-time-stamp is over all that is signed, as XAdES calls it.
    private static string AttributeOf(TimestampReport timestamp) => timestamp.Kind switch
    {
        "document-timestamp" => "DocTimeStamp",
        "content-timestamp" => "AllDataObjectsTimeStamp",
        _ => "SignatureTimeStamp",
    };

    private static void Attribute(XmlWriter xml, string name, string element, string? value, bool signed, EvidenceItem? item)
    {
        if (value is null)
            return;
        xml.WriteStartElement(name);
        xml.WriteAttributeString("Signed", signed ? "true" : "false");
        if (item is not null)
            EtsiObjects.Reference(xml, "AttributeObject", EtsiObjects.Id(item));
        Text(xml, element, value);
        xml.WriteEndElement();
    }

    // 4.3.4 and 4.3.12.
    private static void Status(XmlWriter xml, SignatureReport signature, int number)
    {
        xml.WriteStartElement("SignatureValidationStatus");
        Indication(xml, signature.Indication, signature.SubIndication);
        xml.WriteStartElement("AssociatedValidationReportData");
        var anchor = signature.Certificates.FirstOrDefault(certificate => certificate.IsTrustAnchor);
        if (anchor is not null)
            EtsiObjects.Reference(xml, "TrustAnchor", EtsiObjects.Id(anchor));
        Chain(xml, signature, anchor);
        if (signature.Certificates.FirstOrDefault(certificate => certificate.Revocation?.RevokedAt is not null) is { Revocation: { } revoked } certificate)
        {
            xml.WriteStartElement("RevocationStatusInformation");
            EtsiObjects.Reference(xml, "ValidationObjectId", EtsiObjects.Id(certificate));
            xml.WriteElementString("RevocationTime", revoked.RevokedAt);
            if (revoked.Reason is { } reason)
                xml.WriteElementString("RevocationReason", Words + "revocationReason:" + reason);
            xml.WriteEndElement();
        }
        if (EtsiObjects.DigestMethod(signature.Bytes?.DigestOid) is { } method && signature.Bytes?.SignedDigest is not null)
        {
            xml.WriteStartElement("CryptoInformation");
            EtsiObjects.Reference(xml, "ValidationObjectId", EtsiObjects.DocumentId(number));
            xml.WriteElementString("Algorithm", method);
            xml.WriteElementString("SecureAlgorithm", signature.SubIndication?.StartsWith("CRYPTO_CONSTRAINTS_FAILURE", StringComparison.Ordinal) == true ? "false" : "true");
            xml.WriteEndElement();
        }
        Said(xml, signature.Messages.Select(message => (message.Key, message.Text)).Append(("integrity", signature.Integrity)).Append(("changes-after", signature.ChangesAfter)));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void Chain(XmlWriter xml, SignatureReport signature, CertificateReport? anchor)
    {
        if (signature.Certificates is not [var leaf, ..])
            return;
        xml.WriteStartElement("CertificateChain");
        EtsiObjects.Reference(xml, "SigningCertificate", EtsiObjects.Id(leaf));
        foreach (var intermediate in signature.Certificates.Skip(1).Where(certificate => certificate != anchor))
            EtsiObjects.Reference(xml, "IntermediateCertificate", EtsiObjects.Id(intermediate));
        if (anchor is not null)
            EtsiObjects.Reference(xml, "TrustAnchor", EtsiObjects.Id(anchor));
        xml.WriteEndElement();
    }

    private static void Nothing(XmlWriter xml, ValidationReport report)
    {
        xml.WriteStartElement("SignatureValidationReport");
        Policy(xml, report);
        xml.WriteStartElement("SignatureValidationStatus");
        Indication(xml, "INDETERMINATE", "CUSTOM");
        xml.WriteStartElement("AssociatedValidationReportData");
        Said(xml, [report.Error is { } error ? (error.Code, error.Message) : ("no-signature", PlainAnswer.Of(report).Title(CultureInfo.InvariantCulture))]);
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    internal static void Indication(XmlWriter xml, string indication, string? subIndication)
    {
        xml.WriteElementString("MainIndication", Words + "mainindication:" + indication.ToLowerInvariant());
        if (subIndication is not null)
            xml.WriteElementString("SubIndication", Words + "subindication:" + subIndication);
    }

    private static void Said(XmlWriter xml, IEnumerable<(string Key, string Text)> messages)
    {
        xml.WriteStartElement("AdditionalValidationReportData");
        foreach (var (key, text) in messages)
        {
            xml.WriteStartElement("ReportData");
            xml.WriteElementString("Type", Messages + key);
            Text(xml, "Value", text);
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    // XML 1.0 2.2 forbids control characters even when escaped; foreign text has them cleaned like everywhere else.
    private static void Text(XmlWriter xml, string name, string text) => xml.WriteElementString(name, SafeText.ForDisplay(text, LongestText));

    private const int LongestText = 2000;
}
