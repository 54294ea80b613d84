using System.Globalization;
using System.Resources;
using Identity.Pdf.Signatures;
using Identity.Web;

namespace Identity.Signing.Requests;

/// <summary>
/// What a signature will do and state beside approving the document, in the person's language: shown on the review page and, behind the purpose, on
/// the page where they use their passkey. So their approval covers it, and evidence without it is refused.
/// </summary>
internal static class SignatureStatement
{
    private const string Separator = " \u00b7 ";
    private const string BetweenNames = ", ";

    private static readonly ResourceManager Texts = new(typeof(SigningTexts).FullName!, typeof(SigningTexts).Assembly);

    /// <summary>One sentence each, without a full stop; empty for an ordinary approval.</summary>
    public static IReadOnlyList<string> Lines(RequestedForm? form, CultureInfo culture)
    {
        if (form is null)
            return [];
        var lines = new List<string>();
        void Add(string text, string? argument = null) => lines.Add(string.Format(culture, Texts.GetString(text, culture)!, argument));
        if (form.Role is { } role)
            Add("SignsRole", role);
        if (form.Certification is { } certification)
            Add("SignsCertifies" + ((int)certification).ToString(CultureInfo.InvariantCulture));
        if (form.EffectiveLock is { } locked)
            Add("SignsLocks" + locked.Action, string.Join(BetweenNames, locked.Fields));
        if (form.Commitment is { } commitment)
            Add("SignsCommitment_" + commitment);
        if (form.Policy is { } policy)
            Add("SignsPolicy", $"{policy.Oid} (SHA-256 {Convert.ToHexStringLower(policy.Digest.Span)}{(policy.Uri is { } address ? BetweenNames + address : "")})");
        if (form.Location is { } location)
            Add("SignsLocation", location);
        if (form.Contact is { } contact)
            Add("SignsContact", contact);
        if (form.Field is { } field)
            Add("SignsField", field);
        if (form.Visible is { } visible)
            lines.Add(visible.Describe(form.Field is not null, culture));
        return lines;
    }

    /// <summary>The purpose as the person approves it in this language.</summary>
    public static string ApprovedPurpose(string purpose, RequestedForm? form, CultureInfo culture) => string.Join(Separator, [purpose, .. Lines(form, culture)]);

    /// <summary>Whether an approval says the purpose and all that the signature does, in one of our languages.</summary>
    public static bool IsApproved(string said, SigningRequest request) => All(request.Purpose, RequestedForm.Stored(request.Form)).Contains(said, StringComparer.Ordinal);

    /// <summary>Whether an approval has room for it, whatever the person's language.</summary>
    public static bool Fits(string purpose, RequestedForm? form) => All(purpose, form).All(text => ShowableText.IsShowable(text, SigningRequest.LongestPurpose));

    private static IEnumerable<string> All(string purpose, RequestedForm? form) => Languages.Supported.Select(language => ApprovedPurpose(purpose, form, language.Culture));
}
