using System.Text;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Engine;

/// <summary>Appends validation data and document time-stamps to a hand-made file that Sign has signed once.</summary>
internal sealed class ArchivedDocument(Hierarchy hierarchy, byte[] file)
{
    private readonly List<int> fields = [HandMadePdf.FirstFree];
    private readonly List<(string Key, int Number)> stored = [];
    private int next = 30;

    public byte[] File { get; private set; } = file;

    /// <summary>Begins with a file that nobody has signed.</summary>
    public static ArchivedDocument Unsigned(Hierarchy hierarchy)
    {
        var document = new ArchivedDocument(hierarchy, HandMadePdf.Plain());
        document.fields.Clear();
        return document;
    }

    /// <summary>A revision that adds these to the document security store.</summary>
    public ArchivedDocument Store(params (string Key, byte[] Der)[] items)
    {
        var objects = new List<(int, string)>();
        foreach (var (key, der) in items)
        {
            stored.Add((key, next));
            objects.Add((next++, HandMadePdf.Stream(Encoding.Latin1.GetString(der))));
        }
        objects.Add((29, "<<" + string.Concat(stored.GroupBy(one => one.Key).Select(group => $"/{group.Key}[{string.Join(' ', group.Select(one => $"{one.Number} 0 R"))}]")) + ">>"));
        objects.Add((HandMadePdf.Catalog, $"<</Type/Catalog/Pages 2 0 R{(fields.Count > 0 ? $"/AcroForm<</Fields[{string.Join(' ', fields.Select(number => $"{number} 0 R"))}]/SigFlags 3>>" : "")}/DSS 29 0 R>>"));
        File = HandMadePdf.Append(File, objects);
        return this;
    }

    public ArchivedDocument Stamp(Func<byte[], byte[]> token) =>
        Sign(token, new SignatureShape { Type = "DocTimeStamp", SubFilter = "ETSI.RFC3161" });

    public ArchivedDocument Stamp(DateTimeOffset time, bool sha1 = false) => Stamp(bytes => hierarchy.StampAt(bytes, time, sha1));

    public ArchivedDocument Sign(Func<byte[], byte[]> cms, SignatureShape shape)
    {
        var number = fields.Count == 0 ? HandMadePdf.FirstFree : 60 + (2 * fields.Count);
        File = HandMadePdf.Sign(File, cms, shape with
        {
            FirstObject = number, EarlierFields = [.. fields], Name = $"Field{fields.Count + 1}", Catalog = stored.Count > 0 ? "/DSS 29 0 R" : "",
        });
        fields.Add(number);
        return this;
    }
}
