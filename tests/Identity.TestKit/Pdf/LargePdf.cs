using System.Globalization;
using System.Text;

namespace Identity.TestKit.Pdf;

/// <summary>
/// A PDF of any size whose bulk is the data of one stream, a hole in the file: it takes no room on disk. Written with none of the product's code.
/// </summary>
public static class LargePdf
{
    /// <param name="path">Overwritten.</param>
    /// <param name="length">Of the whole file, in bytes.</param>
    public static void Write(string path, long length)
    {
        string[] objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>"];
        var head = new StringBuilder("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n");
        var offsets = new List<long>();
        for (var at = 0; at < objects.Length; at++)
        {
            offsets.Add(head.Length);
            head.Append(CultureInfo.InvariantCulture, $"{at + 1} 0 obj\n{objects[at]}\nendobj\n");
        }
        offsets.Add(head.Length);
        // Ten digits, so that the length of what follows does not depend on it.
        var stream = $"4 0 obj\n<</Type/EmbeddedFile/Length {{0,10}}>>\nstream\n";
        long dataStart = head.Length + string.Format(CultureInfo.InvariantCulture, stream, 0).Length;
        const string Behind = "\nendstream\nendobj\n";
        var table = new StringBuilder("xref\n0 5\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            table.Append(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        table.Append("trailer\n<</Size 5/Root 1 0 R/ID[<00><00>]>>\nstartxref\n{0:D10}\n%%EOF\n");
        var data = length - dataStart - Behind.Length - string.Format(CultureInfo.InvariantCulture, table.ToString(), 0).Length;
        head.Append(CultureInfo.InvariantCulture, $"4 0 obj\n<</Type/EmbeddedFile/Length {data,10}>>\nstream\n");

        using var file = new FileStream(path, FileMode.Create);
        file.Write(Encoding.Latin1.GetBytes(head.ToString()));
        file.SetLength(dataStart + data);
        file.Position = dataStart + data;
        file.Write(Encoding.Latin1.GetBytes(Behind + string.Format(CultureInfo.InvariantCulture, table.ToString(), dataStart + data + Behind.Length)));
    }
}
