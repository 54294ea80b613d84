using System.Formats.Asn1;
using System.Text;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;

namespace Identity.Pkix.Tests.Cms;

public sealed class SignerRolesTests
{
    [Fact]
    public void Roles_are_read_as_others_write_them_and_capped()
    {
        var value = Sequence(Explicit(0, Sequence(Attribute("2.5.4.41", Utf8("notary"), [0x13, 2, (byte)'C', (byte)'A'], [2, 1, 7]), Attribute("2.5.4.72", Sequence()))), Explicit(1, Sequence()));
        Assert.Equal(["notary", "CA"], SignerRoles.Read(value));
        Assert.Empty(SignerRoles.Read(Sequence(Explicit(1, Sequence()))));
        Assert.Equal(SignerRoles.Most, SignerRoles.Read(Sequence(Explicit(0, Sequence(Attribute("2.5.4.12", Many(SignerRoles.Most + 1)))))).Count);
    }

    [Theory]
    [InlineData("0500")]
    [InlineData("3003A00102")]
    [InlineData("3004A0020500")]
    [InlineData("3006A00430020500")]
    public void What_is_no_list_of_attributes_is_refused(string hex) => Assert.Throws<MalformedException>(() => SignerRoles.Read(Convert.FromHexString(hex)));

    private static byte[][] Many(int count) => [.. Enumerable.Range(0, count).Select(number => Utf8("role" + number))];

    private static byte[] Utf8(string text) => Tagged(0x0C, Encoding.UTF8.GetBytes(text));

    private static byte[] Attribute(string oid, params byte[][] values)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        return Sequence(writer.Encode(), Tagged(0x31, [.. values.SelectMany(value => value)]));
    }

    private static byte[] Explicit(int number, byte[] value) => Tagged((byte)(0xA0 + number), value);

    private static byte[] Sequence(params byte[][] members) => Tagged(0x30, [.. members.SelectMany(member => member)]);

    private static byte[] Tagged(byte tag, byte[] content) => content.Length < 128
        ? [tag, (byte)content.Length, .. content] : [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];
}
