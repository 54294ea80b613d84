using System.Globalization;
using System.Resources;
using System.Text;
using Identity.Pdf.Appearances;
using Identity.Pdf.Fonts;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Web;

namespace Identity.Signing.Appearances;

/// <summary>
/// What a signature says on the page: who, when, what for, and where to check it. The name is the certificate's, the rest what the person approved. It
/// is for people who look; what counts is the signature.
/// </summary>
public sealed class DrawSignature(IReadOnlyList<TrueTypeFont> fonts, Uri verification, AppearancePicture? picture)
{
    private const int LongestName = 120;
    private const int LongestPurpose = 200;
    private const double NameScale = 1.2;
    private static readonly ResourceManager Texts = new(typeof(SigningTexts).FullName!, typeof(SigningTexts).Assembly);

    /// <param name="purpose">As approved; null for none.</param>
    /// <param name="commitment">A word of the form; null for none.</param>
    /// <param name="documentSha256">Of the document as it was approved.</param>
    public SignatureAppearance Draw(VisibleSignature visible, Certificate signer, DateTimeOffset time, string? purpose, string? commitment, ReadOnlySpan<byte> documentSha256)
    {
        var name = NameOf(signer);
        return new SignatureAppearance
        {
            Place = visible.Place,
            Fonts = fonts,
            Texts = [.. Words(visible.Language, name, time, purpose, commitment).Select((text, at) => new AppearanceText(text, at == 0 ? NameScale : 1))],
            Description = Text(visible.Language, "VisibleDescription", name),
            Picture = picture,
            Code = VerificationCode.Of(verification, documentSha256),
        };
    }

    /// <summary>What is written, the name first.</summary>
    public static IReadOnlyList<string> Words(Language language, string name, DateTimeOffset time, string? purpose, string? commitment)
    {
        var words = new List<string>
        {
            SafeText.ForDisplay(name, LongestName),
            Text(language, "VisibleSignedAt", time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
        };
        if (commitment is not null)
            words.Add(Text(language, "SignsCommitment_" + commitment));
        if (purpose is not null)
            words.Add(Text(language, "VisiblePurpose", SafeText.ForDisplay(purpose, LongestPurpose)));
        return words;
    }

    /// <summary>Characters that no font has: on the page a replacement stands for each.</summary>
    public string Undrawable(params IEnumerable<string> texts) =>
        string.Join(' ', texts.SelectMany(text => DrawableText.Undrawable(text, fonts)).Distinct().Select(rune => "U+" + rune.Value.ToString("X4", CultureInfo.InvariantCulture)));

    private static string NameOf(Certificate signer) => signer.Subject[Oids.CommonName]
        ?? (string.Join(' ', new[] { signer.Subject[Oids.GivenName], signer.Subject[Oids.Surname] }.OfType<string>()) is { Length: > 0 } name ? name : signer.Subject.ToString());

    private static string Text(Language language, string name, params object[] arguments) => string.Format(language.Culture, Texts.GetString(name, language.Culture)!, arguments);
}
