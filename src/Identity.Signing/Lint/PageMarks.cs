using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint;

/// <summary>User space of the page.</summary>
public readonly record struct MarkedArea(double Left, double Bottom, double Right, double Top)
{
    public bool Holds((double X, double Y) point) => point.X >= Left && point.X <= Right && point.Y >= Bottom && point.Y <= Top;

    public MarkedArea Within(MarkedArea other) => new(Math.Max(Left, other.Left), Math.Max(Bottom, other.Bottom), Math.Min(Right, other.Right), Math.Min(Top, other.Top));
}

/// <summary>
/// What content draws (ISO 32000-2 8, 9), as far as covering goes: where text begins, and which areas are painted opaquely, in order. Only rectangles and
/// images count as areas, clips as their bounding boxes; a text's length is not measured.
/// </summary>
public sealed class PageMarks
{
    private const int MostMarks = 20_000, MostNested = 6, MostStates = 64, MostTextCollected = 4096;
    private static readonly MarkedArea Everywhere = new(-1e9, -1e9, 1e9, 1e9);

    private readonly LintedDocument document;
    private readonly List<(double X, double Y)> texts = [];
    private readonly List<MarkedArea> areas = [];
    private readonly StringBuilder shown = new();

    private PageMarks(LintedDocument document) => this.document = document;

    /// <summary>Where visible text begins.</summary>
    public IReadOnlyList<(double X, double Y)> Texts => texts;

    /// <summary>Painted opaquely.</summary>
    public IReadOnlyList<MarkedArea> Areas => areas;

    /// <summary>Text begins at a place that is painted over afterwards.</summary>
    public bool CoversItself { get; private set; }

    /// <summary>The characters of literal strings that are shown, for fonts in which they stand for themselves.</summary>
    public string LiteralText => shown.ToString();

    /// <summary>Text is shown whose characters are not known.</summary>
    public bool HasOtherText { get; private set; }

    public static PageMarks OfPage(LintedDocument document, Page page)
    {
        var marks = new PageMarks(document);
        var view = document.View;
        using var content = new MemoryStream();
        var parts = view.Resolve(page.Dictionary["Contents"]) switch
        {
            PdfStream single => [single],
            PdfArray array => array.Items.Select(view.Resolve).OfType<PdfStream>(),
            _ => Enumerable.Empty<PdfStream>(),
        };
        foreach (var part in parts.TakeWhile(_ => document.Spend()))
        {
            if (document.ContentOf(part) is not { } decoded)
                continue;
            var room = (int)Math.Min(decoded.Length, LintedDocument.MostContentBytes - content.Length);
            document.LeftAside |= room < decoded.Length;
            content.Write(decoded.Span[..room]);
            content.WriteByte((byte)'\n');
            if (room < decoded.Length)
                break;
        }
        marks.Scan(content.GetBuffer().AsSpan(0, (int)content.Length), view.Resolve(page.Inherited.GetValueOrDefault("Resources")) as PdfDictionary, new State(), 0);
        return marks;
    }

    /// <summary>Of an appearance, in its own space.</summary>
    public static PageMarks OfForm(LintedDocument document, PdfStream form)
    {
        var marks = new PageMarks(document);
        marks.ScanForm(form, null, new State(), 0);
        return marks;
    }

    private sealed record State
    {
        public double[] Matrix { get; init; } = [1, 0, 0, 1, 0, 0];

        public MarkedArea Clip { get; init; } = Everywhere;

        /// <summary>9.3.6: mode 3 draws nothing.</summary>
        public bool HidesText { get; init; }
    }

    private void ScanForm(PdfStream form, PdfDictionary? outer, State state, int depth)
    {
        document.LeftAside |= depth > MostNested;
        if (depth > MostNested || document.ContentOf(form) is not { } content)
            return;
        var matrix = document.View.Get<PdfArray>(form.Dictionary, "Matrix") is { Count: 6 } array ? [.. array.Items.Select(Number)] : new State().Matrix;
        Scan(content.Span, document.View.Get<PdfDictionary>(form.Dictionary, "Resources") ?? outer, state with { Matrix = Times(matrix, state.Matrix) }, depth + 1);
    }

    private void Scan(ReadOnlySpan<byte> content, PdfDictionary? resources, State state, int depth)
    {
        var numbers = new List<double>();
        var states = new Stack<State>();
        var path = new List<MarkedArea>();
        (double[] Text, double[] Line) matrix = (new State().Matrix, new State().Matrix);
        var (name, literal, leading, clips, other) = ("", "", 0.0, false, false);
        var tokens = new ContentTokens(content);
        while (tokens.Next(out var token) && document.Spend())
        {
            if (token.Kind == ContentTokenKind.Number && numbers.Count < 4096)
                numbers.Add(token.Number);
            else if (token.Kind == ContentTokenKind.Name)
                name = token.Text;
            else if (token.Kind == ContentTokenKind.Literal)
                literal += literal.Length < MostTextCollected ? token.Text : "";
            other |= token.Kind == ContentTokenKind.Other;
            if (token.Kind != ContentTokenKind.Operator)
                continue;
            double At(int index) => index < numbers.Count ? numbers[index] : 0;
            switch (token.Text)
            {
                case "q" when states.Count < MostStates: states.Push(state); break;
                case "Q" when states.Count > 0: state = states.Pop(); break;
                case "cm" when numbers.Count == 6: state = state with { Matrix = Times([.. numbers], state.Matrix) }; break;
                case "Tr": state = state with { HidesText = At(0) is 3 or 7 }; break;
                case "TL": leading = At(0); break;
                case "BT": matrix = (new State().Matrix, new State().Matrix); break;
                case "Tm" when numbers.Count == 6: matrix = ([.. numbers], [.. numbers]); break;
                case "Td" or "TD":
                    leading = token.Text == "TD" ? -At(1) : leading;
                    matrix.Line = matrix.Text = Times([1, 0, 0, 1, At(0), At(1)], matrix.Line);
                    break;
                case "T*": matrix.Line = matrix.Text = Times([1, 0, 0, 1, 0, -leading], matrix.Line); break;
                case "'" or "\"":
                    matrix.Line = matrix.Text = Times([1, 0, 0, 1, 0, -leading], matrix.Line);
                    Text(Times(matrix.Text, state.Matrix), state, literal, other);
                    break;
                case "Tj" or "TJ": Text(Times(matrix.Text, state.Matrix), state, literal, other); break;
                case "re" when numbers.Count == 4 && path.Count < MostMarks: path.Add(Area(state.Matrix, At(0), At(1), At(2), At(3))); break;
                case "W" or "W*": clips = true; break;
                case "f" or "F" or "f*" or "B" or "B*" or "b" or "b*" or "S" or "s" or "n":
                    if (token.Text is not ("S" or "s" or "n"))
                        path.ForEach(area => Paint(area, state));
                    if (clips && path.Count > 0)
                        state = state with { Clip = path.Aggregate((one, two) => new MarkedArea(Math.Min(one.Left, two.Left), Math.Min(one.Bottom, two.Bottom), Math.Max(one.Right, two.Right), Math.Max(one.Top, two.Top))).Within(state.Clip) };
                    path.Clear();
                    clips = false;
                    break;
                case "Do": Draw(resources, name, state, depth); break;
            }
            numbers.Clear();
            (literal, other) = ("", false);
        }
    }

    private void Draw(PdfDictionary? resources, string name, State state, int depth)
    {
        var view = document.View;
        if (resources is null || view.Get<PdfDictionary>(resources, "XObject") is not { } objects || view.Get<PdfStream>(objects, name) is not { } drawn)
            return;
        if (document.Name(drawn.Dictionary, "Subtype") == "Form")
            ScanForm(drawn, resources, state, depth);
        // What has a mask shows what is below it.
        else if (document.Name(drawn.Dictionary, "Subtype") == "Image" && !drawn.Dictionary.Has("SMask") && !drawn.Dictionary.Has("Mask") && !drawn.Dictionary.Has("ImageMask"))
            Paint(Area(state.Matrix, 0, 0, 1, 1), state);
    }

    private void Text(double[] matrix, State state, string literal, bool other)
    {
        var point = (matrix[4], matrix[5]);
        if (state.HidesText || texts.Count == MostMarks || !state.Clip.Holds(point))
            return;
        if (literal.Length > 0 || other)
            texts.Add(point);
        HasOtherText |= other;
        if (shown.Length < MostTextCollected)
            shown.Append(literal);
    }

    private void Paint(MarkedArea area, State state)
    {
        var seen = area.Within(state.Clip);
        if (areas.Count == MostMarks || seen.Right - seen.Left <= 0 || seen.Top - seen.Bottom <= 0 || !document.Spend(texts.Count))
            return;
        areas.Add(seen);
        CoversItself = CoversItself || texts.Exists(text => seen.Holds(text));
    }

    private double Number(PdfObject item) => document.View.Resolve(item) switch { PdfInteger whole => whole.Value, PdfReal real => real.Value, _ => 0 };

    private static MarkedArea Area(double[] matrix, double x, double y, double width, double height)
    {
        var corners = new[] { (x, y), (x + width, y), (x, y + height), (x + width, y + height) }
            .Select(point => (X: matrix[0] * point.Item1 + matrix[2] * point.Item2 + matrix[4], Y: matrix[1] * point.Item1 + matrix[3] * point.Item2 + matrix[5])).ToList();
        return new MarkedArea(corners.Min(point => point.X), corners.Min(point => point.Y), corners.Max(point => point.X), corners.Max(point => point.Y));
    }

    // 8.3.4: the first is applied first.
    private static double[] Times(double[] a, double[] b) =>
    [
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3], a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    ];
}
