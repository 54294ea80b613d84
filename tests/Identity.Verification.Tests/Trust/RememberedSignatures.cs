using Identity.Pkix.X509;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Trust;

/// <summary>What is remembered beyond one validation: signatures by anchors and authorities under them, and nothing that others can bring.</summary>
public sealed class RememberedSignatures(Hierarchy hierarchy)
{
    private readonly TrustAnchors anchors = new([Certificate.Parse(hierarchy.Pki.Certificate("root-ca"))]);

    private Certificate Root => anchors.Certificates.Single();

    private Certificate Issuing => Certificate.Parse(hierarchy.Pki.Certificate("people-ca"));

    private Certificate Leaf => Certificate.Parse(hierarchy.Pki.Certificate("liis"));

    [Fact]
    public void What_verified_under_an_anchor_is_known_to_the_next_validation_with_these_anchors_or_some_made_of_them()
    {
        Assert.False(anchors.Known.Knows(Issuing.Raw.Span, Root));
        Assert.True(new CertificatePool(anchors).IsSignedBy(Issuing, Root));
        Assert.True(anchors.Until(new Dictionary<Certificate, DateTimeOffset> { [Root] = Root.NotAfter }).Known.Knows(Issuing.Raw.Span, Root));
        Assert.Same(anchors.Known.Find(Issuing.Raw.Span), new CertificatePool(anchors).AddRaw(Issuing.Raw));
        Assert.True(new CertificatePool(anchors).IsSignedBy(Leaf, Issuing));
        Assert.True(anchors.Known.Knows(Leaf.Raw.Span, Issuing));
    }

    [Fact]
    public void A_certificate_with_one_octet_of_its_signature_changed_is_not_the_one_that_is_known()
    {
        Assert.True(new CertificatePool(anchors).IsSignedBy(Issuing, Root));
        var octets = Issuing.Raw.ToArray();
        octets[^1] ^= 1;
        Assert.Null(anchors.Known.Find(octets));
        Assert.False(new CertificatePool(anchors).IsSignedBy(Certificate.Parse(octets), Root));
        Assert.Equal(1, anchors.Known.Count);
    }

    [Fact]
    public void Nothing_is_remembered_of_an_issuer_that_no_anchor_is_known_to_have_signed()
    {
        Assert.True(new CertificatePool(anchors).IsSignedBy(Leaf, Issuing));
        Assert.Equal(0, anchors.Known.Count);
        Assert.False(new CertificatePool(anchors).IsSignedBy(Issuing, Leaf));
        Assert.Equal(0, anchors.Known.Count);
    }

    [Fact]
    public void A_signer_that_is_no_authority_adds_nothing()
    {
        var pool = new CertificatePool(anchors);
        Assert.True(pool.IsSignedBy(Issuing, Root));
        Assert.True(pool.IsSignedBy(Leaf, Issuing));
        Assert.Null(anchors.Known.Find(Leaf.Raw.Span));
        Assert.False(anchors.Known.Remember([1], Leaf, anchors));
    }

    /// <summary>The units and responders that come with every document are opened once; a person who signs is not kept.</summary>
    [Theory]
    [InlineData("stamps", true)]
    [InlineData("liis", false)]
    public void Units_and_responders_under_a_known_authority_keep_their_key_and_their_word_adds_nothing(string name, bool isKept)
    {
        var (service, authority) = (Certificate.Parse(hierarchy.Pki.Certificate(name)), Issuing);
        Assert.True(new CertificatePool(anchors).IsSignedBy(service, authority));
        Assert.Null(anchors.Known.Find(service.Raw.Span));

        var pool = new CertificatePool(anchors);
        Assert.True(pool.IsSignedBy(authority, Root));
        Assert.True(pool.IsSignedBy(service, authority));

        Assert.Equal(isKept, anchors.Known.Find(service.Raw.Span) is not null);
        Assert.False(anchors.Known.Remember([1], service, anchors));
        var next = new CertificatePool(anchors);
        next.Add(service);
        Assert.Same(isKept ? anchors.Known.Find(service.Raw.Span) : service, next.Kept(service));
    }

    [Fact]
    public void As_many_as_the_cap_are_kept_and_with_one_more_all_but_it_are_forgotten()
    {
        for (var i = 0; i < KnownAuthorities.Most; i++)
            Assert.True(anchors.Known.Remember(BitConverter.GetBytes(i), Root, anchors));
        Assert.Equal(KnownAuthorities.Most, anchors.Known.Count);
        Assert.True(anchors.Known.Remember(BitConverter.GetBytes(KnownAuthorities.Most), Root, anchors));
        Assert.Equal(1, anchors.Known.Count);
        Assert.False(anchors.Known.Knows(BitConverter.GetBytes(0), Root));
    }
}
