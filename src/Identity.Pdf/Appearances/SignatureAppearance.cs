using Identity.Pdf.Fonts;

namespace Identity.Pdf.Appearances;

/// <summary>A paragraph of an appearance.</summary>
/// <param name="Text">Foreign text: what hides or reorders is shown as a replacement, and what is too long is cut.</param>
public sealed record AppearanceText(string Text, double Scale = 1)
{
    /// <summary>Characters (scalar values) of one paragraph that are shown.</summary>
    public const int MostCharacters = 400;
}

/// <summary>A two-dimensional code, drawn as squares with the quiet zone of four of them that readers need.</summary>
public sealed class AppearanceCode
{
    /// <summary>QR codes have up to 177 squares a side (ISO/IEC 18004 table 1).</summary>
    public const int MostSquares = 177;

    private readonly bool[,] dark;

    /// <param name="dark">Row from the top, then column.</param>
    public AppearanceCode(bool[,] dark)
    {
        ArgumentNullException.ThrowIfNull(dark);
        if (dark.GetLength(0) != dark.GetLength(1) || dark.GetLength(0) is < 1 or > MostSquares)
            throw new ArgumentException($"a code has as many rows as columns, and at most {MostSquares}", nameof(dark));
        this.dark = (bool[,])dark.Clone();
    }

    public int Side => dark.GetLength(0);

    public bool IsDark(int row, int column) => dark[row, column];
}

/// <summary>
/// What a signature shows on a page (ISO 32000-2 12.5.5, 12.7.5.5). It hides nothing: there is no background but behind a code. Nothing is transparent, fonts
/// are embedded and colours are defined by themselves, so that a file stays PDF/A.
/// </summary>
public sealed record SignatureAppearance
{
    public const int MostTexts = 12;

    /// <summary>For a new field; an existing one has its own.</summary>
    public AppearancePlace? Place { get; init; }

    public required IReadOnlyList<AppearanceText> Texts { get; init; }

    /// <summary>For each character the first that has it.</summary>
    public required IReadOnlyList<TrueTypeFont> Fonts { get; init; }

    public AppearanceCode? Code { get; init; }

    /// <summary>Drawn beside the text, as large as fits, in its own proportions.</summary>
    public AppearancePicture? Picture { get; init; }

    /// <summary>Said to people who cannot see it (TU of the field); null for nothing.</summary>
    public string? Description { get; init; }

    /// <exception cref="ArgumentException">The caller's error.</exception>
    internal void Check(bool isNewField)
    {
        if (isNewField && Place is null)
            throw new ArgumentException("a new field that shows needs a place");
        if (Texts.Count > MostTexts)
            throw new ArgumentException($"an appearance has at most {MostTexts} texts");
        if (Texts.Any(text => text.Scale is not (>= 0.5 and <= 3)))
            throw new ArgumentException("the scale of a text is from a half to three");
        if (Fonts.Count == 0 && Texts.Count > 0)
            throw new ArgumentException("text needs a font");
    }
}
