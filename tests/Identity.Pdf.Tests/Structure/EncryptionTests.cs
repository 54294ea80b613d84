using System.Text;
using Identity.Pdf.Encryption;
using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Structure;

/// <summary>Files that qpdf encrypted, read, added to, and given back to qpdf.</summary>
public sealed class EncryptionTests : IDisposable
{
    private static readonly byte[] Cms = [0x30, 0x03, 0x02, 0x01, 0x01];
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public static TheoryData<string> Variants =>
    [
        "40", "128 --use-aes=n", "128 --use-aes=y", "128 --use-aes=y --cleartext-metadata", "128 --force-V4 --use-aes=n", "256", "256 --cleartext-metadata", "256 --force-R5",
    ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Variants))]
    public void Reads_and_adds_to_what_is_encrypted_in_each_way_with_either_password(string variant)
    {
        foreach (var objectStreams in new[] { "disable", "generate" })
        {
            foreach (var password in new[] { "user", "owner" })
            {
                var file = Encrypt(variant, "user", "owner", "--object-streams=" + objectStreams);
                var document = Open(file, password);
                Assert.Equal("a title (that) is secret", document.Latest.Get<PdfString>((PdfDictionary)document.Latest.Resolve(document.Latest.Revision.Trailer["Info"]), "Title")!.GetText());

                var signed = Sign(document);

                Assert.Equal(file, signed[..file.Length]);
                Assert.DoesNotContain("why it was signed", Encoding.Latin1.GetString(signed), StringComparison.Ordinal);
                // Read again here, from memory and from disk, and by another program.
                var again = Open(signed, password);
                Assert.Equal("why it was signed", Assert.Single(again.Signatures).Reason);
                Assert.Equal("Signature1", again.Signatures[0].FieldName);
                Assert.True(Assert.IsType<ByteRangeCheck.Sound>(again.Signatures[0].ByteRange).CoversWholeDocument);
                Assert.Equal(Cms, ((SignatureContents.Present)again.Signatures[0].Contents).Bytes[..Cms.Length].ToArray());
                ReadByQpdf(signed, again, password);
            }
        }
    }

    /// <summary>For programs that draw it and are not to get the password; poppler draws both and qpdf finds nothing wrong.</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void A_copy_in_the_clear_looks_the_same(string variant)
    {
        foreach (var objectStreams in new[] { "disable", "generate" })
        {
            var (encrypted, plain) = (Path.Combine(folder, "asked.pdf"), Path.Combine(folder, "clear.pdf"));
            var file = Encrypt(variant, "user", "owner", "--object-streams=" + objectStreams);
            File.WriteAllBytes(encrypted, file);
            File.WriteAllBytes(plain, PlainCopy.Of(Open(file, "user").Latest, 1_000_000)!.Value.ToArray());

            var check = Tool.RunWith("qpdf", ["--check", plain]);
            Assert.True(check.ExitCode == 0 && check.Text.Contains("File is not encrypted", StringComparison.Ordinal) && !check.Text.Contains("WARNING", StringComparison.Ordinal), check.Text);
            Assert.Equal(Drawn(encrypted, "-upw", "user"), Drawn(plain));
        }
    }

    [Fact]
    public void A_copy_in_the_clear_is_no_larger_than_it_may_be()
    {
        var view = Open(Encrypt("256", "user", "owner"), "user").Latest;
        var size = PlainCopy.Of(view, int.MaxValue)!.Value.Length;
        Assert.NotNull(PlainCopy.Of(view, 2 * size));
        Assert.Null(PlainCopy.Of(view, size - 1));
    }

    private byte[] Drawn(string file, params string[] password)
    {
        var drawn = Tool.RunWith("pdftocairo", ["-png", "-singlefile", "-r", "50", .. password, file, Path.Combine(folder, "page")]);
        Assert.True(drawn.ExitCode == 0, drawn.Text);
        return File.ReadAllBytes(Path.Combine(folder, "page.png"));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Is_not_read_without_its_password(string variant)
    {
        var file = Encrypt(variant, "user", "owner");

        Refused("the document is encrypted", file, null);
        Refused("the document is encrypted and opens with a password", file, "");
        Refused("the document is encrypted and opens with another password", file, "User");
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Opens_without_being_asked_when_there_is_no_password_for_users(string variant) =>
        Assert.Equal("a title (that) is secret", Title(Open(Encrypt(variant, "", "owner"), "")));

    [Fact]
    public void A_password_beyond_ascii_opens_in_both_encodings_of_the_format()
    {
        // Algorithm 2.A: UTF-8 in what SASLprep makes of it. The ligature is two letters.
        var file = Encrypt("256", "p\u00e4\u00e4su ligatuur-fi", "owner");
        Assert.Equal("a title (that) is secret", Title(Open(file, "p\u00e4\u00e4su ligatuur-\ufb01")));
        Refused("opens with another password", file, "paasu ligatuur-fi");
    }

    [Theory]
    [InlineData("256 --modify=none", "user", false, false)]
    [InlineData("256 --modify=none", "owner", true, true)]
    [InlineData("256 --modify=form", "user", false, true)]
    [InlineData("256 --modify=annotate", "user", false, true)]
    [InlineData("256 --modify=all", "user", true, true)]
    [InlineData("128 --use-aes=y --modify=none", "user", false, false)]
    [InlineData("40 --modify=n --annotate=n", "user", false, false)]
    [InlineData("40 --modify=n --annotate=y", "user", false, true)]
    public void Permissions_are_respected_unless_the_owner_opens(string variant, string password, bool mayAddField, bool maySignField)
    {
        var form = PdfBytes.OnePage("/AcroForm<</Fields[5 0 R]>>", "/Annots[5 0 R]")
            .Indirect(5, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Here)/Rect[0 0 0 0]/P 3 0 R>>").Table("/ID[<31><32>]").ToArray();
        var document = Open(Encrypt(variant, "user", "owner", source: form), password);

        Assert.Equal(mayAddField ? null : SignatureRefusal.NotPermitted, Refusal(document, Request));
        Assert.Equal(maySignField ? null : SignatureRefusal.NotPermitted, Refusal(document, Request with { ExistingField = "Here" }));
        Assert.Equal(maySignField ? null : SignatureRefusal.NotPermitted,
            Refusal(document, new SignatureRequest { Kind = SignatureKind.DocumentTimestamp, ContentsBytes = 100 }));
        Assert.Equal(maySignField ? null : SignatureRefusal.NotPermitted, SecurityStoreUpdate.Refusal(document)?.Reason);
    }

    [Theory]
    [InlineData("/Filter /Standard", "/Filter /Adobe.PubSec", "for the holders of certificates")]
    [InlineData("/V 5", "/V 5 /KDFSalt<00>", "protected by a MAC")]
    [InlineData("/V 5", "/V 6", "by an algorithm that is not read here")]
    [InlineData("/R 6", "/R 4", "not one of the standard security handler")]
    [InlineData("/CFM /AESV3", "/CFM /AESV9", "by a crypt filter that is not read here")]
    [InlineData("/P -4", "/P -1", "opens with another password")]
    public void Refuses_other_handlers_and_changed_permissions(string part, string instead, string reason)
    {
        var text = Encoding.Latin1.GetString(Encrypt("256", "user", "owner"));
        Assert.Contains(part, text, StringComparison.Ordinal);
        var at = text.IndexOf(part, StringComparison.Ordinal);
        // The length stays: white space behind is taken, or put in.
        var changed = text[..at] + instead + text[(at + part.Length)..];
        var longer = instead.Length - part.Length;
        changed = longer == 0 ? changed : Relinked(changed, at, longer);

        Refused(reason, Encoding.Latin1.GetBytes(changed), "user");
    }

    [Fact]
    public void Refuses_a_document_that_is_encrypted_in_part()
    {
        var file = Encrypt("256", "", "owner");
        var document = Open(file, "");
        var update = PdfBytes.OnePage().Table().ToArray();
        Assert.NotEmpty(update);
        var section = Encoding.ASCII.GetString(file).LastIndexOf("startxref", StringComparison.Ordinal);
        var previous = Encoding.ASCII.GetString(file)[(section + 10)..].Split('\n')[0];
        var root = document.Latest.CatalogId;
        var tail = $"xref\n0 0\ntrailer\n<</Size 100/Root {root}/Prev {previous}/ID[<31><32>]>>\nstartxref\n{file.Length}\n%%EOF\n";

        Refused("only a part of the document is encrypted", [.. file, .. Encoding.ASCII.GetBytes(tail)], "");
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void A_string_that_would_be_too_long_once_encrypted_again_is_a_refusal(int more, bool isRefused)
    {
        // Half of what a string may have, for it is written in hexadecimal digits, less what encryption adds; qpdf puts it into an object stream, in the clear.
        var text = new string('a', (PdfLimits.Default.StringBytes / 2) - 32 + more);
        var source = PdfBytes.OnePage("/PieceInfo 4 0 R").Indirect(4, $"<</A[({text})]>>").Table("/ID[<31><32>]").ToArray();
        var document = Open(Encrypt("256", "user", "owner", "--object-streams=generate", source), "user");

        Assert.Equal(isRefused ? SignatureRefusal.TooLarge : null, Refusal(document, Request));
        Assert.Equal(isRefused, SecurityStoreUpdate.Prepare(document, new ValidationData([new byte[] { 0x30, 0 }], [], [])) is SecurityStoreAddition.Refused { Reason: SignatureRefusal.TooLarge });
        if (!isRefused)
            Assert.Single(Open(Sign(document), "user").Signatures);
    }

    private static SignatureRequest Request => new() { ContentsBytes = 100, SigningTime = DateTimeOffset.UnixEpoch, Reason = "why it was signed" };

    private static SignatureRefusal? Refusal(PdfDocument document, SignatureRequest request) => (SignatureUpdate.Prepare(document, request) as SignaturePreparation.Refused)?.Reason;

    private static byte[] Sign(PdfDocument document) =>
        Assert.IsType<SignedPdf.Written>(Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(document, Request)).Signature.WriteSigned(Cms)).File.ToArray();

    private static string Title(PdfDocument document) =>
        document.Latest.Get<PdfString>((PdfDictionary)document.Latest.Resolve(document.Latest.Revision.Trailer["Info"]), "Title")!.GetText();

    private PdfDocument Open(byte[] file, string password)
    {
        var path = Path.Combine(folder, "read.pdf");
        File.WriteAllBytes(path, file);
        using var onDisk = DocumentBytes.OfFile(path, password);
        var read = PdfDocument.Read(onDisk);
        var document = read is PdfRead.Document fromDisk ? fromDisk.Value : throw new InvalidOperationException(((PdfRead.Refused)read).Refusal.ToString());
        var fromMemory = Assert.IsType<PdfRead.Document>(PdfDocument.Read(DocumentBytes.OfMemory(file, password))).Value;
        Assert.Equal(document.Deviations, fromMemory.Deviations);
        Assert.Equal(document.Signatures.Select(signature => signature.Reason), fromMemory.Signatures.Select(signature => signature.Reason));
        return fromMemory;
    }

    private static void Refused(string message, byte[] file, string? password)
    {
        var refusal = Assert.IsType<PdfRead.Refused>(PdfDocument.Read(DocumentBytes.OfMemory(file, password))).Refusal;
        Assert.Equal(PdfRefusalCode.Encrypted, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    private void ReadByQpdf(byte[] signed, PdfDocument document, string password)
    {
        var path = Path.Combine(folder, "signed.pdf");
        File.WriteAllBytes(path, signed);
        Assert.Contains("No syntax or stream encoding errors found", Tool.RunWith("qpdf", ["--password=" + password, "--check", path]).Output, StringComparison.Ordinal);
        var shown = Tool.RunWith("qpdf", ["--password=" + password, "--show-object=" + document.Signatures[0].Id!.Value.Number, path]).Output;
        Assert.Contains("/Reason (why it was signed)", shown, StringComparison.Ordinal);
        Assert.Contains("/Contents <3003020101", shown, StringComparison.Ordinal);
        Assert.Contains("/T (Signature1)", Tool.RunWith("qpdf", ["--password=" + password, "--show-object=" + document.Signatures[0].Field!.Id!.Value.Number, path]).Output, StringComparison.Ordinal);
    }

    private byte[] Encrypt(string variant, string user, string owner, string option = "--object-streams=preserve", byte[]? source = null)
    {
        source ??= PdfBytes.OnePage().Indirect(4, "<</Title(a title \\(that\\) is secret)>>").Table("/Info 4 0 R/ID[<31><32>]").ToArray();
        File.WriteAllBytes(Path.Combine(folder, "plain.pdf"), source);
        var words = variant.Split(' ');
        var result = Tool.RunWith("qpdf",
        [
            "--allow-weak-crypto", option, "--encrypt", user, owner, .. words, "--", Path.Combine(folder, "plain.pdf"), Path.Combine(folder, "encrypted.pdf"),
        ]);
        Assert.True(result.ExitCode == 0, result.Output);
        return File.ReadAllBytes(Path.Combine(folder, "encrypted.pdf"));
    }

    /// <summary>Offsets behind a place where bytes were put in.</summary>
    private static string Relinked(string text, int at, int longer)
    {
        var section = text.LastIndexOf("\nxref\n", StringComparison.Ordinal) + 1;
        var lines = text[section..].Split('\n');
        for (var line = 0; line < lines.Length; line++)
        {
            if (lines[line].Length >= 18 && lines[line][17] == 'n' && long.Parse(lines[line][..10], System.Globalization.CultureInfo.InvariantCulture) is var offset && offset > at)
                lines[line] = (offset + longer).ToString("D10", System.Globalization.CultureInfo.InvariantCulture) + lines[line][10..];
            if (line > 0 && lines[line - 1] == "startxref")
                lines[line] = section.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        return text[..section] + string.Join('\n', lines);
    }
}
