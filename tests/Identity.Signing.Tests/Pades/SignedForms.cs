using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Identity.Keys;
using Identity.Pdf.Appearances;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Appearances;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.Revocation;
using Identity.Signing.Seals;
using Identity.Signing.Timestamps;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.TestKit.Pki;
using Identity.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Pades;

/// <summary>A document of a form, brought to a level.</summary>
/// <param name="Stamped">How many of its signatures hold a time-stamp, counted from the first.</param>
public sealed record SignedForm(byte[] File, string Password, int Signatures, int Stamped, int DocumentTimestamps)
{
    /// <summary>One byte of the comment behind the header: no reader of the structure looks at it, and every digest covers it.</summary>
    public byte[] Changed() => HandMadePdf.Flip(File, HandMadePdf.Find(File, "%PDF-") + 11);
}

/// <summary>Makes each form at each level with the stages that the service uses, and has PDFBox judge all of them, and all of them changed, in one run.</summary>
public sealed class SignedForms : IAsyncLifetime
{
    public static readonly string[] Levels = ["B-B", "B-T", "B-LT", "B-LTA", "extended", "renewed"];

    public static readonly string[] Forms =
    [
        "first", "RSA-3072 with PSS", "roles, commitment and policy", "second by another person", "existing field", "seed values and lock", "certification P 1", "certification P 2",
        "certification P 3", "FieldMDP", "seal", "visible in a corner",
        "visible on a turned page", "visible in a field", "visible with a picture", "encrypted AES-256", "encrypted RC4", "hybrid", "linearized", "object streams", "PDF/A-2",
    ];

    private const string Password = "secret";
    private readonly ConcurrentDictionary<(string Form, string Level), SignedForm> made = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private Dictionary<(string Form, string Level), (string[] Whole, string[] Changed)>? judged;
    private byte[]? archival;

    public SigningSystem System { get; } = new();

    /// <summary>pdfsig's trusted roots.</summary>
    public string Roots => System.Pki.PathOf("roots");

    private TimestampClient Timestamps => System.App.Services.GetRequiredService<TimestampClient>();

    public async ValueTask InitializeAsync()
    {
        await System.InitializeAsync();
        System.Pki.CertifyPerson("liis", OpensslKey.P256);
        System.Pki.CertifyPerson("wei", OpensslKey.P384, "/C=XX/CN=Wei Chen/GN=Wei/SN=Chen/serialNumber=PNOXX-47101010033");
        System.Pki.CertifyPerson("liis-rsa", OpensslKey.Rsa3072);
        System.Pki.CertifySeal("registry", OpensslKey.P256);
        Directory.CreateDirectory(Roots);
        Tool.Run("certutil", "-N", "-d", "sql:" + Roots, "--empty-password");
        Tool.Run("certutil", "-A", "-d", "sql:" + Roots, "-n", "root", "-t", "CT,C,C", "-i", System.Pki.CertificatePath("root-ca"));
    }

    public async ValueTask DisposeAsync()
    {
        await System.DisposeAsync();
        turn.Dispose();
    }

    public async Task<SignedForm> Get(string form, string level)
    {
        if (made.TryGetValue((form, level), out var there))
            return there;
        var before = Document(form);
        return made[(form, level)] = await Raise(before, await Sign(form, before), level, despiteCertification: form == "certification P 1");
    }

    /// <summary>What PDFBox says of the document, and of the changed one: a line a signature.</summary>
    public async Task<(string[] Whole, string[] Changed)> PdfBoxOf(string form, string level)
    {
        await turn.WaitAsync(SigningSystem.Cancellation);
        try
        {
            if (judged is null)
            {
                var rows = Forms.SelectMany(one => Levels.Select(two => (Form: one, Level: two))).ToList();
                var files = new List<(byte[], string)>();
                foreach (var row in rows)
                {
                    var signed = await Get(row.Form, row.Level);
                    files.Add((signed.File, signed.Password));
                    files.Add((signed.Changed(), signed.Password));
                }
                var lines = PdfBox.VerifyAll(files);
                judged = rows.Index().ToDictionary(row => row.Item, row => (lines[2 * row.Index], lines[2 * row.Index + 1]));
            }
            return judged[(form, level)];
        }
        finally
        {
            turn.Release();
        }
    }

    private byte[] Document(string form) => form switch
    {
        "existing field" or "seed values and lock" or "visible in a field" => Fields(form),
        "visible on a turned page" => HandMadePdf.Plain(page: "/Rotate 90/CropBox[20 30 500 700]"),
        "encrypted AES-256" => Pdfs.Encrypted(Password, "256"),
        "encrypted RC4" => Pdfs.Encrypted(Password, "128", "--use-aes=n"),
        "hybrid" => LargeDocumentTests.Hybrid(),
        "linearized" => Pdfs.Qpdf("--linearize"),
        "object streams" => Pdfs.Qpdf("--object-streams=generate"),
        "PDF/A-2" => archival ??= Office.Pdf("{\"SelectPdfVersion\":{\"type\":\"long\",\"value\":\"2\"}}"),
        _ => Pdfs.Page(form.Replace('/', ' ')),
    };

    private static byte[] Fields(string form)
    {
        var (more, rectangle) = form switch
        {
            "seed values and lock" => ("/SV<</Ff 66/SubFilter[/ETSI.CAdES.detached]/DigestMethod[(SHA256)]>>/Lock 7 0 R", "[0 0 0 0]"),
            "visible in a field" => ("", "[300 100 530 180]"),
            _ => ("", "[0 0 0 0]"),
        };
        return HandMadePdf.Append(HandMadePdf.Plain(),
            (HandMadePdf.Catalog, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"),
            (HandMadePdf.Page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>"),
            (6, string.Create(CultureInfo.InvariantCulture, $"<</Type/Annot/Subtype/Widget/FT/Sig/T(buyer)/P 3 0 R/F 132/Rect{rectangle}{more}>>")),
            (7, "<</Type/SigFieldLock/Action/Include/Fields[(price)]>>"));
    }

    private async Task<SignedDocument> Sign(string form, byte[] document)
    {
        var shape = form switch
        {
            "existing field" or "seed values and lock" => new SignatureForm { ExistingField = "buyer" },
            "visible in a field" => new SignatureForm { ExistingField = "buyer", Appearance = Shown(new VisibleSignature(), null) },
            "visible in a corner" => new SignatureForm { Appearance = Shown(new VisibleSignature { Page = 1 }, null) },
            "visible on a turned page" => new SignatureForm { Appearance = Shown(new VisibleSignature { Rectangle = new ShownRectangle(40, 60, 240, 90), Language = Languages.Supported[^1] }, null) },
            "visible with a picture" => new SignatureForm { Appearance = Shown(new VisibleSignature { Corner = PageCorner.TopLeft }, Picture()) },
            "roles, commitment and policy" => new SignatureForm
            {
                ClaimedRoles = ["notary", "公证员"], CommitmentType = CommitmentTypes.ProofOfApproval,
                Policy = new SignaturePolicy("1.3.6.1.4.1.99999.7", HashAlgorithmName.SHA256, SHA256.HashData("The policy."u8), "https://agency.example/policy"),
            },
            "certification P 1" => new SignatureForm { Certification = CertificationPermission.NoChanges, AcceptsNoChangesBehind = true },
            "certification P 2" => new SignatureForm { Certification = CertificationPermission.FormFilling },
            "certification P 3" => new SignatureForm { Certification = CertificationPermission.Annotations },
            "FieldMDP" => new SignatureForm { Lock = new FieldLock(LockAction.Exclude, ["price"]) },
            _ => SignatureForm.Approval,
        };
        if (form == "second by another person")
        {
            var first = Prepared(document, "liis", shape);
            var stamped = await Stamped(first);
            return Prepared(stamped.Bytes.ToArray(), "wei", shape);
        }
        return Prepared(document, form switch { "seal" => "registry", "RSA-3072 with PSS" => "liis-rsa", _ => "liis" }, shape);
    }

    private SignedDocument Prepared(byte[] document, string signer, SignatureForm shape)
    {
        var keys = KeyRing.Open(System.Pki.Folder, production: false);
        if (signer == "registry")
        {
            var seal = OrganisationSeal.Open(signer, keys, System.App.Services.GetRequiredService<TrustedChain>(), TimeProvider.System.GetUtcNow());
            var sealing = PreparedDocument.ForSeal(DocumentBytes.OfMemory(document, ""), seal, Timestamps.ExpectedTokenBytes, Timestamps.ClaimedSigningTime());
            return SignedDocument.Sign(Assert.IsType<Preparation.Done>(sealing).Document, seal.Key);
        }
        var certificate = new PersonCertificate(Certificate.Parse(System.Pki.Certificate(signer)), [Certificate.Parse(System.Pki.Certificate("issuing-ca"))]);
        var read = Assert.IsType<PdfRead.Document>(PdfDocument.Read(DocumentBytes.OfMemory(document, Password), PdfLimits.Default)).Value;
        var prepared = Assert.IsType<Preparation.Done>(PreparedDocument.Prepare(read, certificate, shape, Timestamps.ExpectedTokenBytes, Timestamps.ClaimedSigningTime()));
        return SignedDocument.Sign(prepared.Document, keys.Get(signer, KeyPurpose.PersonSignature));
    }

    private async Task<TimestampedDocument> Stamped(SignedDocument signed) =>
        Assert.IsType<Timestamping.Done>(await TimestampedDocument.Timestamp(signed, Timestamps, SigningSystem.Cancellation)).Document;

    private async Task<SignedForm> Raise(byte[] before, SignedDocument signed, string level, bool despiteCertification)
    {
        var services = System.App.Services;
        var bytes = level == "extended" ? signed.ToBytes()
            : (await services.GetRequiredService<RaiseDocument>().Run(signed, level == "renewed" ? PadesLevel.LTA : PadesLevels.Read(level)!.Value, SigningSystem.Cancellation)) is { Obstacle: null } raised ? raised.Bytes
            : throw new InvalidOperationException("The level was not reached.");
        if (level is "extended" or "renewed")
        {
            var opened = Assert.IsType<Opening.Done>(OpenedDocument.Open(bytes, ValidationData.None, despiteCertification)).Document;
            bytes = Assert.IsType<Extended.Done>(await services.GetRequiredService<ExtendDocument>().Run(opened, PadesLevel.LTA, SigningSystem.Cancellation)).Document;
        }
        var file = bytes.ToArray();
        Assert.True(file.AsSpan().StartsWith(before));
        var encrypted = HandMadePdf.Find(before, "/Encrypt ") > 0;
        var signatures = file.AsSpan().Count("/SubFilter/ETSI.CAdES.detached/ByteRange"u8);
        var withoutStamp = level is "B-B" or "extended" ? 1 : 0;
        return new SignedForm(file, encrypted ? Password : "", signatures, signatures - withoutStamp, level switch { "B-LTA" => 1, "extended" or "renewed" => 2, _ => 0 });
    }

    private Func<Certificate, DateTimeOffset, SignatureAppearance> Shown(VisibleSignature visible, AppearancePicture? picture) => (signer, time) =>
    {
        var drawing = System.App.Services.GetRequiredService<CompleteSignature>().Drawing;
        var appearance = drawing.Draw(visible, signer, time, "Müügileping 房地产", "approval", new byte[32]);
        return picture is null ? appearance : appearance with { Picture = picture };
    };

    private AppearancePicture Picture()
    {
        var page = System.Pki.Write("picture.pdf", Pdfs.Page("Emblem"));
        Tool.Run("pdftocairo", "-png", "-transp", "-r", "20", "-singlefile", page, page[..^4]);
        return AppearancePicture.Read(File.ReadAllBytes(System.Pki.PathOf("picture.png")));
    }
}
