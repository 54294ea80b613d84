namespace Identity.Pdf.Syntax;

/// <summary>Why a file is not read. The wire words are those of `verify --json`.</summary>
public enum PdfRefusalCode
{
    /// <summary>Not a PDF, or one whose structure breaks ISO 32000.</summary>
    Malformed,

    /// <summary>Two readers could see two documents in it.</summary>
    Ambiguous,

    /// <summary>It has an encryption dictionary.</summary>
    Encrypted,

    /// <summary>It breaks a cap of <see cref="PdfLimits"/>.</summary>
    TooLarge,

    /// <summary>Sound as far as seen, but needs something that is not read here.</summary>
    Unsupported,
}

/// <summary>What a password could do about a refusal.</summary>
public enum PasswordRefusal
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The document opens with a password, and none was given.</summary>
    Needed,

    /// <summary>It opens with another password than the one given.</summary>
    Wrong,
}

/// <summary>A refusal; the message is constant English but for numbers and offsets, and holds nothing of the document's text.</summary>
public sealed record PdfRefusal(PdfRefusalCode Code, string Message)
{
    /// <summary>Other than None only for <see cref="PdfRefusalCode.Encrypted"/>.</summary>
    public PasswordRefusal Password { get; init; }

    /// <summary>malformed, ambiguous, encrypted, too-large or unsupported.</summary>
    public string WireCode => Code switch
    {
        PdfRefusalCode.Malformed => "malformed",
        PdfRefusalCode.Ambiguous => "ambiguous",
        PdfRefusalCode.Encrypted => "encrypted",
        PdfRefusalCode.TooLarge => "too-large",
        PdfRefusalCode.Unsupported => "unsupported",
        _ => throw new InvalidOperationException($"no wire word for {Code}"),
    };
}

/// <summary>The bytes at hand end before what is being read does; the file goes on. Caught where the window can grow.</summary>
internal sealed class MoreBytesNeededException : Exception;

/// <summary>How a refusal travels inside this library; it never leaves a public method.</summary>
internal sealed class PdfRefusedException(PdfRefusal refusal) : Exception(refusal.Message)
{
    public PdfRefusedException(PdfRefusalCode code, string message) : this(new PdfRefusal(code, message)) { }

    public PdfRefusal Refusal { get; } = refusal;
}
