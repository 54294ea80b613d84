using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;

namespace Identity.Pkix.Tests.Cms;

/// <summary>Reading what openssl wrote.</summary>
public sealed class SignedDataTests(OpensslHierarchy hierarchy)
{
    private static readonly byte[] Document = Encoding.UTF8.GetBytes("text signed by openssl\n");

    [Theory]
    [InlineData("person", "sha256")]
    [InlineData("person-384", "sha384")]
    [InlineData("person-rsa", "sha512")]
    public void A_detached_signature_of_openssl_verifies(string signer, string digest)
    {
        var signed = SignedData.Parse(ByOpenssl(signer, "-md", digest, "-cades"));
        var info = Assert.Single(signed.Signers);
        Assert.Equal(Digests.Compute(Digests.FromOid(info.DigestAlgorithm.Oid)!.Value, Document), info.MessageDigest!.Value.ToArray());
        Assert.NotNull(info.SigningTime);
        Assert.True(info.SigningCertificates![0].Matches(hierarchy[signer]));
        Assert.Equal(SignatureCheck.Valid, info.VerifySignature(hierarchy[signer].PublicKey));
    }

    [Fact]
    public void Pss_parameters_of_openssl_are_understood()
    {
        var signed = SignedData.Parse(ByOpenssl("person-rsa", "-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"));
        Assert.Equal(SignatureFamily.RsaPss, signed.Signers[0].SignatureAlgorithm.Family);
        Assert.Equal(SignatureCheck.Valid, signed.Signers[0].VerifySignature(hierarchy["person-rsa"].PublicKey));
    }

    [Fact]
    public void Ber_with_indefinite_lengths_and_content_in_pieces_is_read()
    {
        var ber = ByOpenssl("person", "-stream", "-nodetach");
        Assert.Equal(0x80, ber[1]);
        var signed = SignedData.Parse(ber);
        Assert.False(signed.IsStrictDer());
        Assert.Equal(Document, signed.Content!.Value.ToArray());
        Assert.Equal(SignatureCheck.Valid, signed.Signers[0].VerifySignature(hierarchy["person"].PublicKey));
        Assert.Equal(SignatureCheck.KeyMismatch, signed.VerifyEncapsulated(signed.Signers[0], hierarchy["person"]));
    }

    [Fact]
    public void Signed_attributes_in_ber_are_hashed_in_their_der_form()
    {
        var der = ByOpenssl("person");
        // The SET of signed attributes [0] gets an indefinite length: only DER verifies now, and the enclosing lengths become indefinite too.
        var indefinite = Indefinite(der);
        var signed = SignedData.Parse(indefinite);
        var info = signed.Signers[0];
        Assert.False(info.SignedAttributesAsFound!.Value.Span.SequenceEqual(info.SignedAttributesDer!.Value.Span));
        Assert.Equal(SignedData.Parse(der).Signers[0].SignedAttributesDer!.Value.ToArray(), info.SignedAttributesDer!.Value.ToArray());
        Assert.Equal(SignatureCheck.Valid, info.VerifySignature(hierarchy["person"].PublicKey));
    }

    [Fact]
    public void A_signature_without_attributes_is_over_the_content_digest()
    {
        var info = SignedData.Parse(ByOpenssl("person", "-noattr")).Signers[0];
        Assert.Null(info.SignedAttributesDer);
        Assert.Equal(SignatureCheck.Invalid, info.VerifySignature(hierarchy["person"].PublicKey));
        Assert.Equal(SignatureCheck.Valid, info.VerifySignatureOverContent(hierarchy["person"].PublicKey, SHA256.HashData(Document)));
        Assert.Equal(SignatureCheck.Invalid, info.VerifySignatureOverContent(hierarchy["person"].PublicKey, SHA256.HashData("x"u8)));
    }

    [Fact]
    public void A_signature_with_attributes_is_not_accepted_over_the_content_digest()
    {
        var info = SignedData.Parse(ByOpenssl("person")).Signers[0];
        Assert.Equal(SignatureCheck.Invalid, info.VerifySignatureOverContent(hierarchy["person"].PublicKey, SHA256.HashData(info.SignedAttributesDer!.Value.Span)));
    }

    [Fact]
    public void A_signer_named_by_key_identifier_is_recognised()
    {
        var info = SignedData.Parse(ByOpenssl("person", "-keyid")).Signers[0];
        Assert.Null(info.Issuer);
        Assert.True(info.Names(hierarchy["person"]));
        Assert.False(info.Names(hierarchy["person-384"]));
    }

    [Fact]
    public void Bytes_after_the_value_are_reported()
    {
        var signed = SignedData.Parse((byte[])[.. ByOpenssl("person"), 0, 0, 7]);
        Assert.Equal([0, 0, 7], signed.TrailingBytes.ToArray());
        Assert.Equal(ByOpenssl("person").Length, signed.Raw.Length, tolerance: 8);
    }

    [Fact]
    public void A_flipped_bit_in_the_signed_attributes_does_not_verify()
    {
        var cms = ByOpenssl("person");
        var at = cms.AsSpan().IndexOf(SHA256.HashData(Document));
        cms[at] ^= 1;
        Assert.Equal(SignatureCheck.Invalid, SignedData.Parse(cms).Signers[0].VerifySignature(hierarchy["person"].PublicKey));
    }

    [Fact]
    public void As_many_certificates_as_the_cap_are_read_and_one_more_is_refused()
    {
        Assert.Equal(SignedData.MaxCertificates, SignedData.Parse(WithCertificates(SignedData.MaxCertificates)).Certificates.Count);
        Assert.Contains("more than 128", Assert.Throws<MalformedException>(() => SignedData.Parse(WithCertificates(SignedData.MaxCertificates + 1))).Message);
    }

    // Written by hand: SignedData without signers, with n empty sequences for certificates.
    private static byte[] WithCertificates(int count)
    {
        byte[] certificates = Tlv(0xA0, Enumerable.Repeat(new byte[] { 0x30, 0x00 }, count).SelectMany(b => b).ToArray());
        byte[] content = Tlv(0x30, [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]);
        byte[] signedData = Tlv(0x30, [0x02, 0x01, 0x01, 0x31, 0x00, .. content, .. certificates, 0x31, 0x00]);
        return Tlv(0x30, [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, .. Tlv(0xA0, signedData)]);
    }

    private static byte[] Tlv(byte tag, byte[] content) =>
        content.Length < 128 ? [tag, (byte)content.Length, .. content] : [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    // Gives every constructed value an indefinite length, as a streaming encoder would.
    private static byte[] Indefinite(ReadOnlySpan<byte> der)
    {
        var output = new List<byte>();
        while (!der.IsEmpty)
        {
            var headerLength = der[1] < 128 ? 2 : 2 + (der[1] & 0x7F);
            var length = 0;
            if (der[1] < 128) length = der[1];
            else
                for (var i = 2; i < headerLength; i++) length = (length << 8) | der[i];
            var content = der.Slice(headerLength, length);
            if ((der[0] & 0x20) != 0) output.AddRange([der[0], 0x80, .. Indefinite(content), 0, 0]);
            else output.AddRange(der[..(headerLength + length)].ToArray());
            der = der[(headerLength + length)..];
        }
        return [.. output];
    }

    private byte[] ByOpenssl(string signer, params string[] more)
    {
        var pki = hierarchy.Pki;
        var output = pki.PathOf("by-openssl.p7s");
        pki.Openssl(["cms", "-sign", "-binary", "-in", pki.Write("by-openssl.txt", Document), "-signer", pki.CertificatePath(signer), "-inkey", pki.KeyPath(signer),
            "-certfile", pki.CertificatePath("issuing-ca"), "-outform", "DER", "-out", output, .. more]);
        return File.ReadAllBytes(output);
    }
}
