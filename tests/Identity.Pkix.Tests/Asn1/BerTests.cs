using Identity.Pkix.Asn1;

namespace Identity.Pkix.Tests.Asn1;

public sealed class BerTests
{
    [Fact]
    public void Nesting_at_the_cap_is_measured_and_one_deeper_is_refused()
    {
        Assert.Equal(2 * Ber.MaxDepth, Ber.MeasureFirstValue(Nested(Ber.MaxDepth), "test", 1000));
        Assert.Contains("nested deeper", Assert.Throws<MalformedException>(() => Ber.MeasureFirstValue(Nested(Ber.MaxDepth + 1), "test", 1000)).Message);
    }

    [Fact]
    public void Indefinite_nesting_a_million_deep_ends_at_once()
    {
        var bomb = Enumerable.Repeat(new byte[] { 0x30, 0x80 }, 1_000_000).SelectMany(b => b).ToArray();
        Assert.Throws<MalformedException>(() => Ber.MeasureFirstValue(bomb, "test", int.MaxValue));
    }

    [Theory]
    [InlineData("30", "ends too early")]
    [InlineData("3003", "ends too early")]
    [InlineData("3003020101FF", null)]
    [InlineData("3002020101", "ends too early")]
    [InlineData("3080020101", "ends too early")]
    [InlineData("30800201010000", null)]
    [InlineData("0480010000", "primitive value without length")]
    [InlineData("0000", "stray end-of-contents")]
    [InlineData("30020000", "stray end-of-contents")]
    [InlineData("3085000000000000", "length not readable")]
    [InlineData("3084FFFFFFFF00", "ends too early")]
    [InlineData("1F8181818181017F", "tag number not readable")]
    public void Lengths_have_to_fit_into_each_other(string hex, string? refusal)
    {
        var data = Convert.FromHexString(hex);
        if (refusal is null) Ber.MeasureFirstValue(data, "test", 100);
        else Assert.Contains(refusal, Assert.Throws<MalformedException>(() => Ber.MeasureFirstValue(data, "test", 100)).Message);
    }

    [Fact]
    public void An_object_identifier_at_the_cap_is_measured_and_a_longer_one_is_refused()
    {
        Ber.MeasureFirstValue([0x06, 0x81, 0x80, .. new byte[128]], "test", 1000);
        Assert.Contains("object identifier", Assert.Throws<MalformedException>(() => Ber.MeasureFirstValue([0x06, 0x81, 0x81, .. new byte[129]], "test", 1000)).Message);
    }

    [Theory]
    [InlineData("30800101010000", "30030101FF")] // BOOLEAN 01 becomes FF
    [InlineData("3106020102020101", "3106020101020102")] // SET sorted
    [InlineData("248004020102040103040000", null)] // stray content: pieces must be strings
    [InlineData("2480040201020401030000", "0403010203")] // pieces joined
    [InlineData("30820003020101", "3003020101")] // shortest length
    [InlineData("A08002010100008100", null)] // bytes after the value
    [InlineData("80820001AA", "8001AA")] // implicit primitive: shortest length
    public void Ber_becomes_der(string ber, string? der)
    {
        if (der is null) Assert.Throws<MalformedException>(() => Ber.ToDer(Convert.FromHexString(ber), "test", 100));
        else Assert.Equal(der, Convert.ToHexString(Ber.ToDer(Convert.FromHexString(ber), "test", 100)));
    }

    // SEQUENCEs inside each other, the innermost empty; lengths stay below 128.
    private static byte[] Nested(int depth) => [.. Enumerable.Range(1, depth).Select(level => (byte)(2 * (depth - level))).SelectMany(length => new byte[] { 0x30, length })];
}
