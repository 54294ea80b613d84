using System.Globalization;
using System.Security.Cryptography;
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

    /// <summary>Signs what <see cref="Write"/> wrote, in an update behind it.</summary>
    /// <param name="cms">Makes the CMS of a SHA-256.</param>
    public static void Sign(string path, Func<byte[], byte[]> cms)
    {
        const int Room = 24_000;
        const string Unset = "0000000000";
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var end = new byte[64];
        file.Position = file.Length - end.Length;
        file.ReadExactly(end);
        var previous = Encoding.Latin1.GetString(end).Split("startxref\n")[1].Split('\n')[0];
        (int Number, string Value)[] objects =
        [
            (1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>>>"), (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Annots[5 0 R]>>"),
            (5, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 6 0 R/P 3 0 R/F 132/Rect[0 0 0 0]>>"),
            (6, $"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20261123100000Z)/ByteRange[0 {Unset} {Unset} {Unset}]/Contents<{new string('0', Room)}>>>"),
        ];
        var (start, text, table) = (file.Length, new StringBuilder(), new StringBuilder("xref\n"));
        foreach (var (number, value) in objects)
        {
            table.Append(CultureInfo.InvariantCulture, $"{number} 1\n{start + text.Length:D10} 00000 n \n");
            text.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n{value}\nendobj\n");
        }
        var section = start + text.Length;
        var update = text.Append(table).Append(CultureInfo.InvariantCulture, $"trailer\n<</Size 7/Root 1 0 R/ID[<00><00>]/Prev {previous}>>\nstartxref\n{section}\n%%EOF\n").ToString();
        var gap = start + update.IndexOf("/Contents<", StringComparison.Ordinal) + "/Contents".Length;
        var behind = gap + Room + 2;
        var range = string.Create(CultureInfo.InvariantCulture, $"0 {gap} {behind} {start + update.Length - behind}");
        file.Write(Encoding.Latin1.GetBytes(update.Replace($"0 {Unset} {Unset} {Unset}", range.PadRight(4 + (3 * Unset.Length)), StringComparison.Ordinal)));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1024 * 1024];
        file.Position = 0;
        for (var left = file.Length; left > 0;)
        {
            // All but the gap.
            if (file.Position == gap)
                (file.Position, left) = (behind, file.Length - behind);
            var most = file.Position < gap ? gap - file.Position : left;
            var read = file.Read(buffer, 0, (int)Math.Min(most, buffer.Length));
            hash.AppendData(buffer, 0, read);
            left -= read;
        }
        file.Position = gap + 1;
        file.Write(Encoding.Latin1.GetBytes(Convert.ToHexString(cms(hash.GetHashAndReset()))));
    }
}
