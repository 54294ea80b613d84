using System.Globalization;
using Identity.Web;

namespace Identity.Verification.Engine;

public enum Severity
{
    Information,
    Warning,
    Error,
}

/// <summary>
/// Something said about a signature: a key that machines and translations rely on, and what fills its gaps.
/// Arguments may be foreign text.
/// </summary>
public sealed record ValidationMessage(string Key, Severity Severity, params object[] Arguments)
{
    public static ValidationMessage Error(string key, params object[] arguments) => new(key, Severity.Error, arguments);

    public static ValidationMessage Warning(string key, params object[] arguments) => new(key, Severity.Warning, arguments);

    public static ValidationMessage Information(string key, params object[] arguments) => new(key, Severity.Information, arguments);

    /// <summary>English: what machines and logs are given.</summary>
    public string Text => TextIn(CultureInfo.InvariantCulture);

    /// <summary>Foreign text is cleaned of what reorders or hides: the sentence is for people, wherever it ends up.</summary>
    public string TextIn(CultureInfo language) => VerificationTexts.Format(language, "message." + Key,
        [.. Arguments.Select(argument => argument is string foreign ? SafeText.ForDisplay(foreign) : argument)]);

    public bool Equals(ValidationMessage? other) =>
        other is not null && Key == other.Key && Severity == other.Severity && Arguments.SequenceEqual(other.Arguments);

    public override int GetHashCode() => HashCode.Combine(Key, Severity, Arguments.Length);
}
