using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>A widget annotation of a field (ISO 32000-2 12.5.6.19).</summary>
/// <param name="Id">Null when it is a direct object.</param>
/// <param name="Page">The page whose Annots names it; null when none does.</param>
public sealed record Widget(ObjectId? Id, PdfDictionary Dictionary, Page? Page);

/// <summary>A terminal field of the form (12.7.4): values are own or inherited, as they stand.</summary>
/// <param name="FullName">Partial names joined with dots; empty when no node has a name.</param>
/// <param name="Path">Field nodes from the root of the form to this one.</param>
public sealed record FormField(string FullName, ObjectId? Id, PdfDictionary Dictionary, string? FieldType, PdfObject? Value, long Flags,
    IReadOnlyList<Widget> Widgets, IReadOnlyList<ObjectId> Path);

/// <summary>The form of one revision. <paramref name="Defects"/> says what kept it from being read whole.</summary>
/// <param name="Dictionary">The AcroForm dictionary; null when there is no form.</param>
public sealed record FormTree(PdfDictionary? Dictionary, IReadOnlyList<FormField> Fields, IReadOnlyList<string> Defects);
