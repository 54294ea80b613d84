using System.Text;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Signing.Lint.Rules;

/// <summary>
/// Fields that show something else than their value, or whose look each reader makes for itself (ISO 32000-2 12.7.3 NeedAppearances, 12.7.4.3): whoever has
/// them drawn anew sees another document. Compared only where the appearance's characters stand for themselves.
/// </summary>
public sealed class FormAppearances : LintRule
{
    public override IEnumerable<LintFinding> Find(LintedDocument document)
    {
        var view = document.View;
        if (view.Form.Dictionary is not { } form)
            yield break;
        if (view.Resolve(form["NeedAppearances"]) is PdfBoolean { Value: true })
            yield return new LintFinding("appearances-rebuilt");
        foreach (var field in view.Form.Fields.TakeWhile(_ => document.Spend()))
        {
            if (field.FieldType is not ("Tx" or "Ch") || view.Resolve(field.Value) is not PdfString value || Letters(value.GetText()) is not { Length: > 0 } text)
                continue;
            foreach (var widget in field.Widgets)
            {
                if (view.Get<PdfDictionary>(widget.Dictionary, "AP") is not { } appearance || view.Resolve(appearance["N"]) is not PdfStream drawn)
                    yield return Of("field-without-appearance", widget);
                else if (PageMarks.OfForm(document, drawn) is { HasOtherText: false } marks && text.All(char.IsAscii) && Letters(marks.LiteralText) is var shown && shown != text && !document.IsSpent)
                    yield return Of("field-value-differs", widget);
            }
        }
    }

    private static LintFinding Of(string key, Widget widget) => new(key, widget.Page?.Number, widget.Id?.Number);

    private static string Letters(string text)
    {
        var letters = new StringBuilder();
        foreach (var character in text.Where(char.IsLetterOrDigit))
            letters.Append(character);
        return letters.ToString();
    }
}
