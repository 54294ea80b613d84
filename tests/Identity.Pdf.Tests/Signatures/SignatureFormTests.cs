using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Signatures;

/// <summary>Existing fields, certifications and locks.</summary>
public sealed class SignatureFormTests
{
    private static readonly byte[] Cms = [0x30, 0x03, 0x02, 0x01, 0x01];

    private static SignatureRequest Request => new() { ContentsBytes = 64, SigningTime = new DateTimeOffset(2026, 11, 23, 9, 8, 7, TimeSpan.Zero), ExistingField = "form.buyer" };

    [Fact]
    public void Signs_an_existing_field_and_touches_nothing_else()
    {
        var original = Form().ToArray();
        var document = Sign(original, Request);

        var field = Assert.Single(document.Latest.Form.Fields, field => field.FullName == "form.buyer");
        Assert.Equal("form.buyer", Assert.Single(document.Signatures).FieldName);
        Assert.Equal(3, document.Latest.Get<PdfInteger>(document.Latest.Form.Dictionary!, "SigFlags")!.Value);
        Assert.Equal([1, 6], document.Latest.Revision.Changes.Where(change => change.Kind == ObjectChangeKind.Overridden).Select(change => change.Id.Number));
        Assert.Null(field.Dictionary["AP"]);
        Assert.Equal(2, document.Latest.Form.Fields.Count);
    }

    [Fact]
    public void A_field_that_shows_gets_an_appearance()
    {
        var document = Sign(Form(rectangle: "[10 10 60.5 30]").ToArray(), Request);
        var widget = document.Latest.Form.Fields.Single(field => field.FullName == "form.buyer").Widgets.Single();
        var appearance = (PdfStream)document.Latest.Resolve(document.Latest.Get<PdfDictionary>(widget.Dictionary, "AP")!["N"]);
        Assert.Equal("[0 0 51 20]", Read.Raw(appearance.Dictionary["BBox"]!));
    }

    [Theory]
    [InlineData("nobody", "", "", SignatureRefusal.FieldMissing)]
    [InlineData("form.text", "", "", SignatureRefusal.FieldMissing)]
    [InlineData("form.buyer", "/Ff 1", "", SignatureRefusal.FieldLocked)]
    [InlineData("form.buyer", "/V 9 0 R", "", SignatureRefusal.FieldSigned)]
    [InlineData("form.buyer", "/Lock 5", "", SignatureRefusal.LockUnusable)]
    [InlineData("form.buyer", "/Lock<</Action/Include>>", "", SignatureRefusal.LockUnusable)]
    [InlineData("form.buyer", "/Lock<</Action/Some/Fields[(a)]>>", "", SignatureRefusal.LockUnusable)]
    [InlineData("form.buyer", "/Lock<</Action/All/P 1>>", "", SignatureRefusal.LockPermitsNoChanges)]
    [InlineData("form.buyer", "/Lock<</Action/All/P 7>>", "", SignatureRefusal.LockPermitsNoChanges)]
    [InlineData("form.buyer", "", "/TransformMethod/FieldMDP/TransformParams<</Action/All>>", SignatureRefusal.FieldLocked)]
    [InlineData("form.buyer", "", "/TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(form)]>>", SignatureRefusal.FieldLocked)]
    [InlineData("form.buyer", "", "/TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(form.text)]>>", SignatureRefusal.FieldLocked)]
    [InlineData("form.buyer", "", "/TransformMethod/FieldMDP/TransformParams<</Action/Whatever>>", SignatureRefusal.FieldLocked)]
    [InlineData("form.buyer", "", "/TransformMethod/DocMDP/TransformParams<</P 1>>", SignatureRefusal.CertifiedNoChanges)]
    [InlineData("form.buyer", "", "/TransformMethod/DocMDP/TransformParams<</P 9>>", SignatureRefusal.CertifiedNoChanges)]
    public void Refuses_a_field_that_may_not_be_signed(string name, string field, string reference, SignatureRefusal reason) =>
        Refused(reason, Form(field, reference), Request with { ExistingField = name });

    [Theory]
    [InlineData("/TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(form.text)]>>")]
    [InlineData("/TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(form)]>>")]
    [InlineData("/TransformMethod/DocMDP/TransformParams<</P 2>>")]
    [InlineData("/TransformMethod/DocMDP/TransformParams<</P 3>>")]
    public void Signs_a_field_that_earlier_signatures_leave_free(string reference) => Sign(Form("", reference).ToArray(), Request);

    [Theory]
    [InlineData("/Lock 10 0 R", "/Action/Include/Fields[(form.text)(b)]")]
    [InlineData("/Lock<</Action/All>>", "/Action/All")]
    [InlineData("/Lock<</Action/Exclude/Fields[(c)]/P 2>>", "/Action/Exclude/Fields[(c)]")]
    public void The_lock_of_a_field_becomes_the_signatures(string field, string parameters)
    {
        var document = Sign(Form(field).ToArray(), Request);
        Assert.Equal($"[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams{parameters}/V/1.2>>/Data 1 0 R>>]",
            Read.Raw(document.Signatures[^1].Dictionary["Reference"]!));
    }

    [Fact]
    public void A_new_field_gets_the_lock_that_is_asked_for()
    {
        var document = Sign(Form().ToArray(), Request with { ExistingField = null, Lock = new FieldLock(LockAction.Include, ["form.text"]) });
        var field = document.Latest.Form.Fields.Single(one => one.FullName == "Signature1");
        Assert.IsType<PdfReference>(field.Dictionary["Lock"]);
        Assert.Equal("<</Type/SigFieldLock/Action/Include/Fields[(form.text)]>>", Read.Raw(document.Latest.Resolve(field.Dictionary["Lock"])));
        Assert.Equal(["form.text"], Assert.IsType<SignatureReference.FieldMdp>(Assert.Single(document.Signatures[^1].References)).Fields);
    }

    [Theory]
    [InlineData(CertificationPermission.NoChanges, "")]
    [InlineData(CertificationPermission.FormFilling, "/Perms<</UR3 8 0 R>>")]
    [InlineData(CertificationPermission.Annotations, "/Perms 7 0 R")]
    public void The_first_signature_certifies(CertificationPermission permission, string catalog)
    {
        var document = Sign(Form(catalog: catalog).ToArray(), Request with { ExistingField = null, Certification = permission, AcceptsNoChangesBehind = true });
        var signature = document.Signatures[^1];
        Assert.Equal((int)permission, Assert.IsType<SignatureReference.DocMdp>(Assert.Single(signature.References)).Permission);
        var permissions = document.Latest.Get<PdfDictionary>(document.Latest.Catalog, "Perms")!;
        Assert.Equal(signature.Id, ((PdfReference)permissions["DocMDP"]!).Target);
        Assert.Equal(catalog.Contains("UR3", StringComparison.Ordinal), permissions.Has("UR3"));
    }

    [Fact]
    public void A_later_signature_does_not_certify() => Refused(SignatureRefusal.AlreadySigned,
        Form("", "/TransformMethod/DocMDP/TransformParams<</P 2>>"), Request with { ExistingField = null, Certification = CertificationPermission.FormFilling });

    [Fact]
    public void What_permits_nothing_needs_consent_and_only_a_time_stamp_may_follow_with_it()
    {
        var file = Form().ToArray();
        Assert.Throws<ArgumentException>(() => Prepare(file, Request with { ExistingField = null, Certification = CertificationPermission.NoChanges }));
        var certified = Sign(file, Request with { ExistingField = null, Certification = CertificationPermission.NoChanges, AcceptsNoChangesBehind = true }).File.ToArray();
        Refused(SignatureRefusal.CertifiedNoChanges, certified, Request);
        var timestamp = new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = 64 };
        Refused(SignatureRefusal.CertifiedNoChanges, certified, timestamp);
        Sign(certified, timestamp with { DespiteCertification = true });
        Assert.Throws<ArgumentException>(() => Prepare(certified, Request with { DespiteCertification = true }));
        // A lock with P 1 closes the document like a certification.
        var locked = Sign(Form("/Lock<</Action/All/P 1>>").ToArray(), Request with { AcceptsNoChangesBehind = true }).File.ToArray();
        Refused(SignatureRefusal.CertifiedNoChanges, locked, Request with { ExistingField = null });
    }

    public static TheoryData<string, SeedConstraint?> Seeds => new()
    {
        { "<</Type/SV>>", null },
        { "<</Ff 1/Filter/Adobe.PPKLite>>", null },
        { "<</Ff 1/Filter/Entrust.PPKEF>>", SeedConstraint.Filter },
        { "<</Filter/Entrust.PPKEF>>", null },
        { "<</Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]>>", null },
        { "<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>", SeedConstraint.SubFilter },
        { "<</Ff 4/V 3>>", null },
        { "<</Ff 4/V 3.5>>", SeedConstraint.ParserVersion },
        { "<</Ff 8/Reasons[(I agree)(I approve)]>>", null },
        { "<</Ff 8/Reasons[(Other)]>>", SeedConstraint.Reasons },
        { "<</Ff 8/Reasons[(.)]>>", SeedConstraint.Reasons },
        { "<</Ff 16/LegalAttestation[(x)]>>", null },
        { "<</Ff 32/AddRevInfo true>>", SeedConstraint.RevocationData },
        { "<</Ff 32/AddRevInfo false>>", null },
        { "<</Ff 64/DigestMethod[(SHA256)(SHA512)]>>", null },
        { "<</Ff 64/DigestMethod[(SHA1)]>>", SeedConstraint.DigestMethod },
        { "<</Ff 128/LockDocument/true>>", SeedConstraint.LockDocument },
        { "<</Ff 128/LockDocument/auto>>", null },
        { "<</Ff 256/AppearanceFilter(x)>>", SeedConstraint.AppearanceFilter },
        { "<</MDP<</P 0>>>>", null },
        { "<</MDP<</P 2>>>>", SeedConstraint.Certification },
        { "<</MDP 5>>", SeedConstraint.Certification },
        { "<</Cert<</Ff 2/Issuer[(x)]>>>>", SeedConstraint.Certificate },
        { "<</Cert<</Issuer[(x)]>>>>", null },
        { "<</Cert 5>>", SeedConstraint.Certificate },
        { "<</TimeStamp<</URL(http://tsa.example)/Ff 1>>>>", null },
        { "<</TimeStamp<</URL(http://other.example)/Ff 1>>>>", SeedConstraint.Timestamp },
        { "<</TimeStamp<</URL(http://other.example)>>>>", null },
        { "<</Ff(x)>>", SeedConstraint.Unreadable },
        { "5", SeedConstraint.Unreadable },
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_a_field_demands_is_met_or_refused_by_name(string seed, SeedConstraint? unmet)
    {
        var request = Request with { Reason = "I agree", DigestMethod = "SHA256", TimestampAddress = "http://tsa.example" };
        var outcome = SignatureUpdate.Prepare(Read.Document(Form($"/SV {seed}")), request);
        if (unmet is null)
            Assert.IsType<SignaturePreparation.Prepared>(outcome);
        else
            Assert.Equal((SignatureRefusal.SeedValue, unmet), (Assert.IsType<SignaturePreparation.Refused>(outcome).Reason, ((SignaturePreparation.Refused)outcome).Seed));
    }

    [Fact]
    public void A_demanded_certification_is_met_by_it()
    {
        var request = Request with { Certification = CertificationPermission.FormFilling };
        Sign(Form("/SV<</MDP<</P 2>>>>").ToArray(), request);
        Refused(SignatureRefusal.SeedValue, Form("/SV<</MDP<</P 3>>>>"), request);
        Refused(SignatureRefusal.SeedValue, Form("/SV<</Ff 16/LegalAttestation[(x)]>>"), request);
    }

    [Fact]
    public void A_request_that_contradicts_itself_is_the_callers_error()
    {
        var file = Form().ToArray();
        Assert.Throws<ArgumentException>(() => Prepare(file, Request with { FieldName = "other" }));
        Assert.Throws<ArgumentException>(() => Prepare(file, Request with { Lock = new FieldLock(LockAction.All, []) }));
        Assert.Throws<ArgumentException>(() => Prepare(file, Request with { ExistingField = null, Lock = new FieldLock(LockAction.Include, []) }));
        Assert.Throws<ArgumentException>(() => Prepare(file, new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = 8, ExistingField = "form.buyer" }));
    }

    /// <summary>A form with an empty signature field and a text field below one name; with a reference, an earlier signature that forbids something.</summary>
    private static PdfBytes Form(string field = "", string reference = "", string rectangle = "[0 0 0 0]", string catalog = "")
    {
        var earlier = reference.Length == 0 ? "" : " 8 0 R";
        return PdfBytes.OnePage($"{catalog}/AcroForm<</Fields[5 0 R{earlier}]>>", "/Annots[6 0 R]")
            .Indirect(5, "<</T(form)/Kids[6 0 R 4 0 R]>>").Indirect(6, $"<</FT/Sig/T(buyer)/Parent 5 0 R/Type/Annot/Subtype/Widget/Rect{rectangle}/P 3 0 R{field}>>")
            .Indirect(4, "<</FT/Tx/T(text)/Parent 5 0 R>>").Indirect(7, "<<>>").Indirect(8, "<</FT/Sig/T(earlier)/V 9 0 R>>")
            .Indirect(9, reference.Length == 0 ? "<</Type/Sig>>" : $"<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>/Reference[<<{reference}>>]>>")
            .Indirect(10, "<</Action/Include/Fields[(form.text)(b)]>>").Table();
    }

    private static void Refused(SignatureRefusal reason, PdfBytes file, SignatureRequest request) => Refused(reason, file.ToArray(), request);

    private static void Refused(SignatureRefusal reason, byte[] file, SignatureRequest request) =>
        Assert.Equal(reason, Assert.IsType<SignaturePreparation.Refused>(SignatureUpdate.Prepare(Read.Document(file), request)).Reason);

    private static PreparedSignature Prepare(byte[] original, SignatureRequest request) =>
        Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(Read.Document(original), request)).Signature;

    private static PdfDocument Sign(byte[] original, SignatureRequest request)
    {
        var document = Read.Document(Assert.IsType<SignedPdf.Written>(Prepare(original, request).WriteSigned(Cms)).File.ToArray());
        Assert.True(Assert.IsType<ByteRangeCheck.Sound>(document.Signatures[^1].ByteRange).CoversWholeDocument);
        Assert.Empty(document.Latest.Form.Defects);
        return document;
    }
}
