using System.Globalization;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.TestKit;

namespace Identity.Pkix.Tests.Cms;

/// <summary>The CMS structures of the shared corpus, cut out of the PDFs by a search for hexadecimal Contents.</summary>
public sealed class CorpusTests
{
    [Fact]
    public void Contents_of_real_documents_are_read_and_their_values_verify()
    {
        int read = 0, malformed = 0, valid = 0, invalid = 0, other = 0, ber = 0;
        foreach (var file in Directory.GetFiles(Repository.Shared("corpus/pdf"), "*.pdf", SearchOption.AllDirectories))
        {
            foreach (var contents in Contents(File.ReadAllBytes(file)))
            {
                SignedData signed;
                try
                {
                    signed = SignedData.Parse(contents);
                    foreach (var signer in signed.Signers) _ = (signer.SigningCertificates, signer.SigningTime, signer.AlgorithmProtection, signer.RevocationArchival);
                }
                catch (MalformedException)
                {
                    malformed++;
                    continue;
                }
                read++;
                if (!signed.IsStrictDer()) ber++;
                foreach (var signer in signed.Signers)
                {
                    var certificate = signed.ReadableCertificates().FirstOrDefault(signer.Names);
                    if (certificate is null || signer.SignedAttributesDer is null) continue;
                    _ = signer.VerifySignature(certificate.PublicKey) switch
                    {
                        SignatureCheck.Valid => valid++,
                        SignatureCheck.Invalid => invalid++,
                        _ => other++,
                    };
                }
            }
        }
        var summary = string.Create(CultureInfo.InvariantCulture, $"read {read}, malformed {malformed}, valid {valid}, invalid {invalid}, other {other}, ber {ber}");
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(read > 250 && malformed * 20 < read && valid * 10 > 9 * read, summary);
    }

    private static IEnumerable<byte[]> Contents(byte[] pdf)
    {
        var text = Encoding.Latin1.GetString(pdf);
        for (var at = text.IndexOf("/Contents", StringComparison.Ordinal); at >= 0; at = text.IndexOf("/Contents", at + 9, StringComparison.Ordinal))
        {
            var start = at + 9;
            while (start < text.Length && char.IsWhiteSpace(text[start])) start++;
            if (start >= text.Length || text[start] != '<' || text[start + 1] == '<') continue;
            var end = text.IndexOf('>', start);
            if (end < 0) continue;
            var hex = new string(text[(start + 1)..end].Where(char.IsAsciiHexDigit).ToArray());
            if (hex.Length > 200 && hex.StartsWith("30", StringComparison.Ordinal)) yield return Convert.FromHexString(hex[..(hex.Length / 2 * 2)]);
        }
    }
}
