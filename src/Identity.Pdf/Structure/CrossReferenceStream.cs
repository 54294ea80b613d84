using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>Reads the entries of a decoded cross-reference stream (ISO 32000-2 7.5.8).</summary>
internal static class CrossReferenceStream
{
    private const int MaxFieldBytes = 8;

    public static List<CrossReferenceEntry> Read(PdfDictionary dictionary, ReadOnlySpan<byte> data, long fileLength, ref int entriesLeft, PdfLimits limits,
        DeviationList deviations)
    {
        var widths = Widths(dictionary);
        var width = widths[0] + widths[1] + widths[2];
        var entries = new List<CrossReferenceEntry>();
        foreach (var (first, count) in Subsections(dictionary, limits))
        {
            if (count > entriesLeft)
                throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the cross-reference sections have more than {limits.Entries} entries");
            entriesLeft -= count;
            if ((long)count * width > data.Length)
                throw new PdfRefusedException(PdfRefusalCode.Malformed, "a cross-reference stream has fewer entries than its dictionary says");
            entries.EnsureCapacity(entries.Count + count);
            for (var index = 0; index < count; index++)
            {
                if (Entry(first + index, data[..width], widths, fileLength, deviations) is { } entry)
                    entries.Add(entry);
                data = data[width..];
            }
        }
        if (data.Length > 0)
            deviations.Add("cross-reference-stream-longer", dictionary.Start, null, "a cross-reference stream has more data than entries");
        return entries;
    }

    private static int[] Widths(PdfDictionary dictionary)
    {
        if (dictionary["W"] is not PdfArray { Count: >= 3 } array)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "a cross-reference stream has no field widths");
        var widths = new int[3];
        for (var field = 0; field < 3; field++)
        {
            widths[field] = array[field] is PdfInteger { Value: >= 0 and <= MaxFieldBytes } width
                ? (int)width.Value
                : throw new PdfRefusedException(PdfRefusalCode.Malformed, "a field width of a cross-reference stream is out of range");
        }
        // Without the second field no entry says anything, and any count of them would fit in no bytes.
        return array.Count == 3 && widths[1] > 0 ? widths
            : throw new PdfRefusedException(PdfRefusalCode.Malformed, "the field widths of a cross-reference stream are not usable");
    }

    private static List<(int First, int Count)> Subsections(PdfDictionary dictionary, PdfLimits limits)
    {
        if (dictionary["Size"] is not PdfInteger { Value: >= 0 } size)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "a cross-reference stream has no Size");
        if (dictionary["Index"] is null or PdfNull)
            return [Subsection(0, size.Value, limits)];
        if (dictionary["Index"] is not PdfArray index || index.Count % 2 != 0)
            throw new PdfRefusedException(PdfRefusalCode.Malformed, "the Index of a cross-reference stream is not pairs of numbers");
        var subsections = new List<(int, int)>();
        for (var at = 0; at < index.Count; at += 2)
        {
            if (index[at] is not PdfInteger { Value: >= 0 } first || index[at + 1] is not PdfInteger { Value: >= 0 } count)
                throw new PdfRefusedException(PdfRefusalCode.Malformed, "the Index of a cross-reference stream is not pairs of numbers");
            subsections.Add(Subsection(first.Value, count.Value, limits));
        }
        return subsections;
    }

    private static (int First, int Count) Subsection(long first, long count, PdfLimits limits) =>
        first <= limits.ObjectNumber && count <= limits.ObjectNumber && first + count - 1 <= limits.ObjectNumber
            ? ((int)first, (int)count)
            : throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"a cross-reference stream has object numbers above {limits.ObjectNumber}");

    private static CrossReferenceEntry? Entry(int number, ReadOnlySpan<byte> fields, int[] widths, long fileLength, DeviationList deviations)
    {
        // 7.5.8.2: the type is 1 when its field has no width; a missing third field is 0.
        var type = widths[0] == 0 ? 1 : Field(fields[..widths[0]]);
        var second = Field(fields.Slice(widths[0], widths[1]));
        var third = Field(fields[(widths[0] + widths[1])..]);
        switch (type)
        {
            case 0:
                return new CrossReferenceEntry(number, EntryKind.Free, 0, (int)Math.Min(third, 65535));
            case 1 when third <= 65535:
                if (number == 0)
                    deviations.Add("object-zero-in-use", null, 0, "the head of the list of free entries is said to be in use");
                return new CrossReferenceEntry(number, EntryKind.InFile, second < (ulong)fileLength ? (long)second : long.MaxValue, (int)third);
            case 2 when second is > 0 and <= int.MaxValue && third <= int.MaxValue:
                return new CrossReferenceEntry(number, EntryKind.InObjectStream, (int)second, (int)third);
            case 1 or 2:
                throw new PdfRefusedException(PdfRefusalCode.Malformed, "an entry of a cross-reference stream is out of range");
            default:
                // 7.5.8.3: any other type is a reference to the null object.
                deviations.Add("cross-reference-entry-type", null, number, "a cross-reference stream has an entry of an unknown type");
                return new CrossReferenceEntry(number, EntryKind.Free, 0, 0);
        }
    }

    private static ulong Field(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var part in bytes)
            value = value << 8 | part;
        return value;
    }
}
