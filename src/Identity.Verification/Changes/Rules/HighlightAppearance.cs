using System.Buffers;
using System.Globalization;
using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Verification.Changes.Rules;

/// <summary>
/// What a highlighter draws (ISO 32000-2 12.5.6.10): a few areas and lines of one light colour, each blended by Multiply (11.3.5), so that nothing below is hidden
/// and nothing new can be read. What is not known to be that is not one.
/// </summary>
internal sealed class HighlightAppearance
{
    private const int LargestForm = 64 * 1024;
    private const int MostForms = 64;
    private const int DeepestForm = 8;
    private const int MostSegments = 256;
    private const int MostSaved = 64;
    private const int MostOperands = 64;
    /// <summary>The least that the strongest component of a light colour has.</summary>
    public const double Light = 0.9;
    private const int BytesPerStep = 16;
    private const int StepsPerForm = 100;

    // Entries of a graphics state that do not change what a fill covers (8.4.5 table 57); BM and SMask are looked at.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "Type", "ca", "CA", "AIS", "LW", "LC", "LJ", "ML", "D", "RI", "FL", "SM", "SA" };

    private static readonly SearchValues<char> Unexpected = SearchValues.Create("%()<>{}");

    private static readonly char[] WhiteSpace = [' ', '\t', '\r', '\n', '\f', '\0'];

    private readonly RevisionComparison comparison;
    private readonly RevisionView view;
    private int forms;
    private int segments;
    private (double Red, double Green, double Blue)? colour;

    private HighlightAppearance(RevisionComparison comparison, RevisionView view) => (this.comparison, this.view) = (comparison, view);

    private readonly record struct State(bool Multiplies, bool IsFillLight, bool IsStrokeLight);

    public static bool Is(RevisionComparison comparison, RevisionView view, PdfObject? appearances)
    {
        var appearance = new HighlightAppearance(comparison, view);
        return view.Resolve(appearances) is PdfDictionary looks && looks.Entries.All(entry => appearance.IsHighlight(view.Resolve(entry.Value)));
    }

    // 12.5.5: normal, rollover and down, each one or one for each state.
    private bool IsHighlight(PdfObject look) => look switch
    {
        PdfStream form => Form(form, default, 0),
        PdfDictionary states => states.Entries.All(state => view.Resolve(state.Value) is PdfStream form && Form(form, default, 0)),
        _ => false,
    };

    private bool Form(PdfStream form, State state, int depth)
    {
        if (++forms > MostForms || depth > DeepestForm || view.Resolve(form.Dictionary["Subtype"]) is not (PdfNull or PdfName { Value: "Form" }))
            return false;
        // 11.4.5: in an isolated group there is nothing to blend with, so the group must be blended as a whole.
        var isIsolated = view.Get<PdfDictionary>(form.Dictionary, "Group") is { } group && view.Resolve(group["I"]) is not (PdfNull or PdfBoolean { Value: false });
        if ((isIsolated && !state.Multiplies) || view.Decode(form, LargestForm) is not StreamData.Decoded { Bytes: var bytes }
            || !comparison.Spend(StepsPerForm + (bytes.Length / BytesPerStep)))
            return false;
        var text = Encoding.Latin1.GetString(bytes.Span);
        // Comments, strings and dictionaries have no part in it, and without them each word is what it seems.
        return text.AsSpan().IndexOfAny(Unexpected) < 0 && Content(text, state, view.Get<PdfDictionary>(form.Dictionary, "Resources"), depth);
    }

    private bool Content(string text, State state, PdfDictionary? resources, int depth)
    {
        var words = text.Replace("/", " /", StringComparison.Ordinal).Replace("[", " [ ", StringComparison.Ordinal).Replace("]", " ] ", StringComparison.Ordinal);
        var operands = new List<string>();
        var saved = new Stack<State>();
        foreach (var word in words.Split(WhiteSpace, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] is '/' or '[' or ']' || Number(word) is not null)
            {
                operands.Add(word);
                if (operands.Count > MostOperands)
                    return false;
                continue;
            }
            var isFine = word switch
            {
                "q" => Save(saved, state),
                "Q" => saved.TryPop(out state),
                "rg" or "g" or "RG" or "G" => IsOneLightColour(word, operands),
                "gs" => Named(resources, "ExtGState", operands) is PdfDictionary parameters && Set(parameters, ref state),
                "m" or "l" or "c" or "v" or "y" or "re" => ++segments <= MostSegments,
                "f" or "F" or "f*" => state is { Multiplies: true, IsFillLight: true },
                "S" or "s" => state is { Multiplies: true, IsStrokeLight: true },
                "B" or "B*" or "b" or "b*" => state is { Multiplies: true, IsFillLight: true, IsStrokeLight: true },
                "Do" => Named(resources, "XObject", operands) is PdfStream form && Form(form, state, depth + 1),
                "cm" or "w" or "J" or "j" or "M" or "d" or "ri" or "i" or "h" or "W" or "W*" or "n" or "BMC" or "EMC" => true,
                _ => false,
            };
            if (!isFine)
                return false;
            if (word is "rg" or "g")
                state = state with { IsFillLight = true };
            if (word is "RG" or "G")
                state = state with { IsStrokeLight = true };
            operands.Clear();
        }
        return true;
    }

    private static bool Save(Stack<State> saved, State state)
    {
        saved.Push(state);
        return saved.Count <= MostSaved;
    }

    private PdfObject? Named(PdfDictionary? resources, string category, List<string> operands) =>
        resources is not null && operands is [['/', .. var name]] && view.Get<PdfDictionary>(resources, category) is { } names ? view.Resolve(names[name]) : null;

    // More colours than one make a dark one where they meet.
    private bool IsOneLightColour(string word, List<string> operands)
    {
        var values = operands.Select(Number).ToList();
        if (values.Any(value => value is not (>= 0 and <= 1)) || values.Count != (word is "g" or "G" ? 1 : 3) || values.Max() < Light)
            return false;
        var next = (values[0]!.Value, values[values.Count / 2]!.Value, values[^1]!.Value);
        colour ??= next;
        return colour == next;
    }

    private bool Set(PdfDictionary parameters, ref State state)
    {
        foreach (var (key, value) in parameters.Entries)
        {
            if (key.Value == "BM")
                state = state with { Multiplies = view.Resolve(value) is PdfName { Value: "Multiply" } };
            else if (!Harmless.Contains(key.Value) && !(key.Value == "SMask" && view.Resolve(value) is PdfName { Value: "None" }))
                return false;
        }
        return true;
    }

    private static double? Number(string word) =>
        (char.IsAsciiDigit(word[0]) || word[0] is '+' or '-' or '.')
        && double.TryParse(word, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value : null;
}
