using System.Globalization;
using System.Text;

namespace Identity.Benchmarks;

/// <summary>A PDF of pages whose contents are bytes that do not compress, with a classic cross-reference table: written with none of the product's code.</summary>
internal static class PagedPdf
{
    // Most pages with a picture are about this large.
    private const int PageBytes = 54_000;

    /// <param name="length">Of the file, in bytes, within a few hundred.</param>
    public static void Write(string path, long length)
    {
        var pages = (int)Math.Max(1, length / PageBytes);
        var random = new Random(1);
        using var file = new FileStream(path, FileMode.Create);
        var offsets = new List<long>();
        void Put(string text) => file.Write(Encoding.Latin1.GetBytes(text));
        void Begin() => offsets.Add(file.Position);
        Put("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n");
        Begin();
        Put("1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
        Begin();
        Put("2 0 obj\n<</Type/Pages/Count " + pages.ToString(CultureInfo.InvariantCulture) + "/Kids[" + string.Join(' ', Enumerable.Range(0, pages).Select(page => $"{3 + 2 * page} 0 R")) + "]>>\nendobj\n");
        var data = new byte[Math.Min(PageBytes, length) - 500];
        for (var page = 0; page < pages; page++)
        {
            Begin();
            Put($"{3 + 2 * page} 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents {4 + 2 * page} 0 R>>\nendobj\n");
            Begin();
            Put($"{4 + 2 * page} 0 obj\n<</Length {data.Length}>>\nstream\n");
            random.NextBytes(data);
            file.Write(data);
            Put("\nendstream\nendobj\n");
        }

        var table = file.Position;
        Put(string.Create(CultureInfo.InvariantCulture, $"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n"));
        foreach (var offset in offsets)
            Put(string.Create(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n"));
        Put(string.Create(CultureInfo.InvariantCulture, $"trailer\n<</Size {offsets.Count + 1}/Root 1 0 R/ID[<00><00>]>>\nstartxref\n{table}\n%%EOF\n"));
    }
}
