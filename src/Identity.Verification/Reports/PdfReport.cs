using System.Globalization;
using Identity.Pdf.Fonts;
using Identity.Pdf.Pages;
using Identity.Web;

namespace Identity.Verification.Reports;

/// <summary>The report as a PDF for people, in their language: the same sentences as the page, and the pictures of what was changed.</summary>
public static class PdfReport
{
    public const string MediaType = "application/pdf";

    private const double Heading = 14, Text = 10, Small = 8, Indent = 14;

    // Noto Sans for Latin, Greek and Cyrillic; Droid Sans Fallback for Chinese and what else it has.
    private static readonly Lazy<IReadOnlyList<TrueTypeFont>> Fonts = new(() => [Font("NotoSans-Regular.ttf"), Font("DroidSansFallbackFull.ttf")]);

    public static byte[] Render(ValidationReport report, CultureInfo language)
    {
        var pages = new WrittenPages(Fonts.Value);
        string Say(string key, params object[] arguments) => VerificationTexts.Format(language, key, arguments);
        var answer = PlainAnswer.Of(report);
        pages.Paragraph(Say("page.result"), 20).Paragraph(Clean(report.File), 12)
            .Paragraph(answer.Title(language), 16, before: 16).Paragraph(answer.Text(language));
        if (report.Error is { } error)
            pages.Paragraph((VerificationTexts.Find(language, "error." + error.Code) ?? "") + " (" + Clean(error.Message) + ")");
        Listed(pages, Say("page.do"), report.Advice, language);
        foreach (var signature in report.Signatures.Where(signature => signature.IsSignature))
            Signature(pages, signature, language);
        History(pages, report, language);
        Listed(pages, Say("page.others"), report.OtherPrograms, language);
        pages.Paragraph(Say("page.hash"), Heading, before: 16);
        if (report.Sha256 is { } hash)
            pages.Paragraph(string.Join(' ', hash.Chunk(8).Select(group => new string(group))), Small);
        pages.Paragraph(Say("page.validated-at", Time(report.ValidationTime, language)), Small)
            .Paragraph($"{report.Policy.Name} {report.Policy.Version}", Small);
        return pages.Write($"{Say("page.result")}: {SafeText.ForDisplay(report.File)}", language.Name, DateTimeOffset.Parse(report.ValidationTime, CultureInfo.InvariantCulture));
    }

    private static void Signature(WrittenPages pages, SignatureReport signature, CultureInfo language)
    {
        string Say(string key, params object[] arguments) => VerificationTexts.Format(language, key, arguments);
        void Row(string question, string reply) => pages.Paragraph(question, Small, before: 6).Paragraph(reply, Text, before: 0, indent: Indent);
        var unknown = Say("page.unknown");
        pages.Paragraph(Say(signature.SignerKind == SignerKind.Organisation ? "page.seal-of" : "page.signature-of") + " " + Clean(signature.SignedBy ?? unknown), Heading, before: 18);
        Row(Say("page.verdict"), PlainAnswer.Of(signature).Title(language));
        var anchor = signature.Certificates.FirstOrDefault(certificate => certificate.IsTrustAnchor);
        Row(Say("page.who"), Clean(signature.SignedBy ?? unknown) + (signature.SignerSerialNumber is { } serial ? $" ({Clean(serial)})" : "") + " – "
            + (anchor is null ? Say("page.who-unconfirmed") : Say("page.who-confirmed") + " " + Clean(anchor.CommonName ?? "")));
        Row(Say("page.when"), signature switch
        {
            { BestSignatureTime: { } proven } => Say("page.when-proven", Time(proven, language)),
            { ClaimedSigningTime: { } claimed } => Say("page.when-claimed", Time(claimed, language)),
            _ => Say("page.when-unknown"),
        } + (signature.SignedAfter is { } after ? " " + Say("page.when-after", Time(after, language)) : ""));
        Row(Say("page.same"), Say("page.same-" + signature.Integrity)
            + (signature.ChangesAfter == "none" || signature.Integrity == "broken" ? "" : " " + Say("page.after-" + signature.ChangesAfter)));
        if (signature.Indication == "TOTAL-PASSED")
            Row(Say("page.until"), (signature.HoldsUntil is { } until ? Say("page.until-date", Time(until, language)) : Say("page.until-open")) + " " + signature.HoldsUntilBecause?.Message.TextIn(language));
        if (signature.Reason is { } reason)
            Row(Say("page.reason"), Clean(reason));
        Row(Say("page.indication"), signature.Indication + (signature.SubIndication is { } why ? "/" + why : "") + ", " + (signature.Level ?? signature.Format)
            + $", {signature.DigestAlgorithm}, {signature.SignatureAlgorithm}");
        foreach (var message in signature.Messages)
            pages.Paragraph("• " + Say("severity." + message.Severity) + " " + message.Message.TextIn(language), Text, indent: Indent);
    }

    private static void History(WrittenPages pages, ValidationReport report, CultureInfo language)
    {
        string Say(string key, params object[] arguments) => VerificationTexts.Format(language, key, arguments);
        if (report.Revisions.Count > 0)
            pages.Paragraph(Say("page.history"), Heading, before: 18);
        foreach (var revision in report.Revisions)
        {
            pages.Paragraph(Say("page.revision", revision.Number) + " " + Say(revision.Number == 1 ? "kind.original" : "kind." + revision.Kind), Text, before: 8);
            foreach (var change in revision.Changes)
                pages.Paragraph("• " + change.Message.TextIn(language), Text, before: 1, indent: Indent);
            foreach (var picture in report.Pictures.Where(picture => picture.Revision == revision.Number))
            {
                if (picture.LooksTheSame)
                {
                    pages.Paragraph(Say("page.looks-same", picture.Page), Text, indent: Indent);
                    continue;
                }
                pages.Paragraph(Say("page.compare", picture.Page), Text, before: 8)
                    .Row([.. new[] { picture.Before, picture.After }.OfType<byte[]>().Select(png => PngPicture.Read(png)).OfType<PngPicture>()]);
            }
        }
    }

    private static void Listed(WrittenPages pages, string heading, IReadOnlyList<MessageReport> messages, CultureInfo language)
    {
        if (messages.Count > 0)
            pages.Paragraph(heading, Heading, before: 18);
        foreach (var message in messages)
            pages.Paragraph("• " + message.Message.TextIn(language), Text, indent: Indent);
    }

    private static string Clean(string foreign) => SafeText.ForDisplay(foreign);

    private static string Time(string utc, CultureInfo language) => DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture).UtcDateTime.ToString("f", language) + " UTC";

    private static TrueTypeFont Font(string name)
    {
        using var resource = typeof(PdfReport).Assembly.GetManifestResourceStream("fonts/" + name) ?? throw new InvalidOperationException($"the font {name} is not built in");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return TrueTypeFont.Read(bytes);
    }
}
