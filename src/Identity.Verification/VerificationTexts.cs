using System.Globalization;
using System.Resources;

namespace Identity.Verification;

/// <summary>Every text that this service shows to people: English, Estonian, Simplified Chinese. Pages reach it as IStringLocalizer too.</summary>
public sealed class VerificationTexts
{
    private static readonly ResourceManager Resources = new(typeof(VerificationTexts).FullName!, typeof(VerificationTexts).Assembly);

    private VerificationTexts() { }

    public static string Format(CultureInfo language, string name, params object[] arguments)
    {
        var text = Resources.GetString(name, language) ?? throw new MissingManifestResourceException($"no text named {name}");
        return arguments.Length == 0 ? text : string.Format(language, text, arguments);
    }

    public static string? Find(CultureInfo language, string name) => Resources.GetString(name, language);
}
