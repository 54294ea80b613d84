using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>A leaf of the page tree (ISO 32000-2 7.7.3.3).</summary>
/// <param name="Number">1 is the first page.</param>
/// <param name="Id">The page object; null when the page is a direct object, which the standard forbids.</param>
/// <param name="Inherited">Resources, MediaBox, CropBox and Rotate in force, own or inherited, as they stand.</param>
/// <param name="Path">The page tree nodes above, root first.</param>
public sealed record Page(int Number, ObjectId? Id, PdfDictionary Dictionary, IReadOnlyDictionary<string, PdfObject> Inherited,
    IReadOnlyList<ObjectId> Path);

/// <summary>The pages of one revision. <paramref name="Defects"/> says what kept the tree from being read whole; empty when nothing did.</summary>
public sealed record PageTree(IReadOnlyList<Page> Pages, IReadOnlyList<string> Defects);
