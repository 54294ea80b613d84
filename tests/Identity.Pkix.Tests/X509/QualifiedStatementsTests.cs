using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Pkix.Tests.X509;

public sealed class QualifiedStatementsTests
{
    private static readonly QualifiedStatements All = new()
    {
        Semantics = Oids.SemanticsNatural,
        Compliance = true,
        Device = true,
        Types = [Oids.QualifiedTypeSignature],
        RetentionYears = 10,
        Disclosures = [new DisclosureStatement("https://terms.example/en", "en"), new DisclosureStatement("https://terms.example/et", "et")],
    };

    [Fact]
    public void What_is_written_is_read()
    {
        var read = QualifiedStatements.Read(All.ToExtension().Value);
        Assert.Equal((All.Semantics, true, true, 10, 0), (read.Semantics, read.Compliance, read.Device, read.RetentionYears!.Value, read.Others));
        Assert.Equal(All.Types, read.Types);
        Assert.Equal(All.Disclosures, read.Disclosures);
        Assert.False(read.IsEmpty);
    }

    // Octets of a statement with a limit of 1000 euro (EN 319 412-5 4.3.2), written by hand.
    [Fact]
    public void A_statement_that_is_not_known_is_counted() =>
        Assert.Equal(1, QualifiedStatements.Read(Convert.FromHexString("30183016060604008E460102300C1303455552020203E8020100")).Others);

    [Theory]
    [InlineData("")]
    [InlineData("0500")]
    [InlineData("30143008060604008E4601013008060604008E460101")]
    [InlineData("300D300B060604008E4601030201FF")]
    [InlineData("300C300A060604008E4601010500")]
    [InlineData("300E300C060604008E46010530020500")]
    public void What_is_no_list_of_statements_is_malformed(string hex) =>
        Assert.Throws<MalformedException>(() => QualifiedStatements.Read(Convert.FromHexString(hex)));

    [Fact]
    public void Statements_at_the_cap_are_read_and_one_more_is_refused()
    {
        Assert.Equal(QualifiedStatements.MaxStatements, QualifiedStatements.Read(Statements(QualifiedStatements.MaxStatements)).Others);
        Assert.Throws<MalformedException>(() => QualifiedStatements.Read(Statements(QualifiedStatements.MaxStatements + 1)));
    }

    private static byte[] Statements(int count)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
            for (var i = 0; i < count; i++)
                using (writer.PushSequence()) writer.WriteObjectIdentifier($"1.2.3.{i}");
        return writer.Encode();
    }
}
