using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Xml;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>Trusted lists written as text and signed by the framework's XML signatures.</summary>
internal static class HandMadeList
{
    public const string Granted = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted";
    public const string Withdrawn = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn";
    public const string Authority = "CA/QC";
    public const string Timestamping = "TSA/QTST";
    private const string Central = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists";
    private const string National = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric";

    public static string Of(string territory, DateTimeOffset issued, string content, bool central = false, TimeSpan? life = null) =>
        $"""
        <TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag"><SchemeInformation><TSLVersionIdentifier>6</TSLVersionIdentifier>
        <TSLSequenceNumber>7</TSLSequenceNumber><TSLType>{(central ? Central : National)}</TSLType><SchemeTerritory>{territory}</SchemeTerritory>
        {(central ? content : "")}<ListIssueDateTime>{Time(issued)}</ListIssueDateTime><NextUpdate><dateTime>{Time(issued + (life ?? TimeSpan.FromDays(180)))}</dateTime></NextUpdate></SchemeInformation>
        {(central ? "" : $"<TrustServiceProviderList><TrustServiceProvider><TSPInformation><TSPName><Name xml:lang=\"en\">Provider</Name></TSPName></TSPInformation><TSPServices>{content}</TSPServices></TrustServiceProvider></TrustServiceProviderList>")}</TrustServiceStatusList>
        """;

    public static string Pointer(string territory, params IEnumerable<byte[]> signers) =>
        $"<PointersToOtherTSL><OtherTSLPointer><ServiceDigitalIdentities>{string.Concat(signers.Select(Identity))}</ServiceDigitalIdentities><TSLLocation>https://list.test/</TSLLocation>"
        + $"<AdditionalInformation><OtherInformation><TSLType>{National}</TSLType></OtherInformation><OtherInformation><SchemeTerritory>{territory}</SchemeTerritory></OtherInformation></AdditionalInformation></OtherTSLPointer></PointersToOtherTSL>";

    /// <param name="history">Newest first; the first is the current status.</param>
    public static string Service(byte[] certificate, string purpose, params IReadOnlyList<(string Status, DateTimeOffset Since)> history) => Service(Authority, certificate, purpose, history);

    public static string Service(string type, byte[] certificate, string purpose, IReadOnlyList<(string Status, DateTimeOffset Since)> history)
    {
        string Status((string Status, DateTimeOffset Since) one) =>
            $"<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/{type}</ServiceTypeIdentifier><ServiceName><Name xml:lang=\"en\">Service</Name></ServiceName>{Identity(certificate)}"
            + $"<ServiceStatus>{one.Status}</ServiceStatus><StatusStartingTime>{Time(one.Since)}</StatusStartingTime><ServiceInformationExtensions><Extension Critical=\"true\"><AdditionalServiceInformation>"
            + $"<URI xml:lang=\"en\">http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/{purpose}</URI></AdditionalServiceInformation></Extension></ServiceInformationExtensions>";
        return $"<TSPService><ServiceInformation>{Status(history[0])}</ServiceInformation><ServiceHistory>{string.Concat(history.Skip(1).Select(one => $"<ServiceHistoryInstance>{Status(one)}</ServiceHistoryInstance>"))}</ServiceHistory></TSPService>";
    }

    public static string Sign(string xml, string keyPem, string digest = SignedXml.XmlDsigSHA256Url, string method = SignedXml.XmlDsigRSASHA256Url, string uri = "", Transform? transform = null)
    {
        // Where the framework does not know the method, it makes the form with another key, and the value is put in afterwards.
        var isKnown = method is SignedXml.XmlDsigRSASHA256Url or SignedXml.XmlDsigHMACSHA1Url;
        using var key = RSA.Create(2048);
        if (isKnown)
            key.ImportFromPem(keyPem);
        var document = new XmlDocument { PreserveWhitespace = true };
        document.LoadXml(xml);
        var signature = new SignedXml(document) { SigningKey = key };
        signature.SignedInfo!.SignatureMethod = isKnown ? method : SignedXml.XmlDsigRSASHA256Url;
        signature.SignedInfo.CanonicalizationMethod = SignedXml.XmlDsigExcC14NTransformUrl;
        var reference = new Reference(uri) { DigestMethod = digest };
        reference.AddTransform(new XmlDsigEnvelopedSignatureTransform());
        reference.AddTransform(transform ?? new XmlDsigExcC14NTransform());
        signature.AddReference(reference);
        signature.ComputeSignature();
        document.DocumentElement!.AppendChild(document.ImportNode(isKnown ? signature.GetXml() : By(method, keyPem, signature.GetXml()), deep: true));
        return document.OuterXml;
    }

    private static XmlElement By(string method, string keyPem, XmlElement signature)
    {
        var document = new XmlDocument { PreserveWhitespace = true };
        document.LoadXml(signature.OuterXml.Replace(SignedXml.XmlDsigRSASHA256Url, method, StringComparison.Ordinal));
        var canonical = new XmlDsigExcC14NTransform();
        var signed = new XmlDocument { PreserveWhitespace = true };
        signed.LoadXml(document.GetElementsByTagName("SignedInfo")[0]!.OuterXml);
        canonical.LoadInput(signed);
        using var bytes = (Stream)canonical.GetOutput(typeof(Stream));
        var hash = new HashAlgorithmName(method.Contains("sha384", StringComparison.Ordinal) ? "SHA384" : method.Contains("sha512", StringComparison.Ordinal) ? "SHA512" : "SHA256");
        byte[] value;
        if (method.Contains("ecdsa", StringComparison.Ordinal))
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(keyPem);
            value = key.SignData(bytes, hash);
        }
        else
        {
            using var key = RSA.Create();
            key.ImportFromPem(keyPem);
            value = key.SignData(bytes, hash, RSASignaturePadding.Pss);
        }
        document.GetElementsByTagName("SignatureValue")[0]!.InnerText = Convert.ToBase64String(value);
        return document.DocumentElement!;
    }

    private static string Identity(byte[] certificate) => $"<ServiceDigitalIdentity><DigitalId><X509Certificate>{Convert.ToBase64String(certificate)}</X509Certificate></DigitalId></ServiceDigitalIdentity>";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
