using System.Globalization;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>
/// Finds signature dictionaries: objects of any revision that have a ByteRange, and whatever is or was the value of a signature
/// field. An attacker may take a signature out of the form or strip its ByteRange; neither makes it disappear here.
/// </summary>
internal sealed class SignatureFinder
{
    // Forms are walked again for older revisions; this bounds the work for hostile files.
    private const int FieldVisitsPerLimit = 20;
    private readonly PdfDocument document;
    private readonly Dictionary<(PdfSource, long), Candidate> candidates = [];
    private readonly HashSet<int> walked = [];
    private long fieldVisitsLeft;
    private long contentsLeft;
    private long textLeft;
    private int referencesLeft;

    private SignatureFinder(PdfDocument document)
    {
        this.document = document;
        fieldVisitsLeft = (long)document.Limits.Fields * FieldVisitsPerLimit;
        (contentsLeft, textLeft, referencesLeft) = (document.Limits.ContentsBytes, document.Limits.SignatureTextBytes, document.Limits.SignatureReferences);
    }

    private sealed class Candidate(PdfDictionary dictionary, ObjectId? id, int revision, int? supersededIn)
    {
        public PdfDictionary Dictionary => dictionary;
        public ObjectId? Id => id;
        public int Revision => revision;
        public int? SupersededIn => supersededIn;
        public FormField? Field { get; set; }
        public int LastRevisionInForm { get; set; }
    }

    /// <exception cref="PdfRefusedException">More signatures, or more work, than the limits allow.</exception>
    public static IReadOnlyList<SignatureDictionary> Find(PdfDocument document)
    {
        var finder = new SignatureFinder(document);
        finder.CollectObjects();
        finder.CollectFields();
        return [.. finder.candidates.Values
            .OrderBy(candidate => candidate.Dictionary.Source.IsFile ? 0 : 1)
            .ThenBy(candidate => candidate.Dictionary.Start)
            .Select(finder.Describe)];
    }

    private void CollectObjects()
    {
        foreach (var definition in document.Table.All)
        {
            if (definition.ValueOrUnkept is PdfDictionary dictionary && dictionary.Has("ByteRange"))
                Add(dictionary, definition);
        }
    }

    private void CollectFields()
    {
        Walk(document.Revisions.Count);
        foreach (var revision in candidates.Values.Select(candidate => candidate.Revision).Distinct().OrderDescending().ToList())
            Walk(revision);
        // Taken out of the form by a later revision: look for the last one that still had it.
        foreach (var candidate in candidates.Values.Where(candidate => candidate.LastRevisionInForm < document.Revisions.Count).ToList())
        {
            for (var revision = document.Revisions.Count - 1; revision > Math.Max(candidate.LastRevisionInForm, candidate.Revision); revision--)
            {
                Walk(revision);
                if (candidate.LastRevisionInForm >= revision)
                    break;
            }
        }
    }

    private void Walk(int revision)
    {
        if (!walked.Add(revision))
            return;
        // The newest form and pages are wanted again later; the others are not kept.
        var view = revision == document.Revisions.Count ? document.Latest : document.AsOfAnew(revision);
        var form = view.Form;
        fieldVisitsLeft -= form.Fields.Count;
        if (fieldVisitsLeft < 0)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, "the forms of all revisions together have too many fields");
        foreach (var field in form.Fields)
        {
            if (view.Resolve(field.Value) is not PdfDictionary dictionary)
                continue;
            var known = candidates.GetValueOrDefault((dictionary.Source, dictionary.Start));
            if (known is null && field.FieldType == "Sig")
                known = Add(dictionary, Owner(view, field.Value) ?? (field.Id is { } id ? view.Definition(id) : null), isOwn: field.Value is PdfReference);
            if (known is not null && known.LastRevisionInForm < revision)
                (known.Field, known.LastRevisionInForm) = (field, revision);
        }
    }

    private static ObjectDefinition? Owner(RevisionView view, PdfObject? value)
    {
        ObjectDefinition? owner = null;
        for (var hops = 0; value is PdfReference reference && hops < 32; hops++)
        {
            owner = view.Definition(reference.Target);
            value = owner?.Value;
        }
        return owner;
    }

    private Candidate Add(PdfDictionary dictionary, ObjectDefinition? definition, bool isOwn = true)
    {
        if (candidates.Count == document.Limits.Signatures)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the document has more than {document.Limits.Signatures} signatures");
        var key = (dictionary.Source, dictionary.Start);
        if (candidates.TryGetValue(key, out var known))
            return known;
        int? superseded = null;
        if (definition is not null)
        {
            for (var later = document.Table.At(definition.Number, int.MaxValue); later is not null && later != definition; later = later.Older)
                superseded = later.Revision;
        }
        return candidates[key] = new Candidate(dictionary, isOwn ? definition?.Id : null, definition?.Revision ?? 1, superseded);
    }

    private SignatureDictionary Describe(Candidate candidate)
    {
        var dictionary = candidate.Dictionary;
        var view = document.AsOf(candidate.Revision);
        var contents = Contents(view, dictionary);
        var time = Text(view.Get<PdfString>(dictionary, "M"));
        return new SignatureDictionary
        {
            Dictionary = dictionary,
            Id = candidate.Id,
            FieldName = candidate.Field?.FullName,
            Field = candidate.Field,
            Revision = candidate.Revision,
            LastRevisionInForm = candidate.LastRevisionInForm,
            SupersededIn = candidate.SupersededIn,
            Type = view.Get<PdfName>(dictionary, "Type")?.Value,
            Filter = view.Get<PdfName>(dictionary, "Filter")?.Value,
            SubFilter = view.Get<PdfName>(dictionary, "SubFilter")?.Value,
            Contents = contents,
            ByteRange = ByteRangeReader.Check(document, dictionary, contents, candidate.Revision),
            SigningTimeText = time,
            SigningTime = time is null ? null : PdfDate.Read(time),
            Name = Text(view.Get<PdfString>(dictionary, "Name")),
            Reason = Text(view.Get<PdfString>(dictionary, "Reason")),
            Location = Text(view.Get<PdfString>(dictionary, "Location")),
            ContactInfo = Text(view.Get<PdfString>(dictionary, "ContactInfo")),
            HasCert = dictionary.Has("Cert"),
            References = References(view, dictionary),
            LockPermission = LockPermission(view, candidate.Field?.Id, dictionary),
        };
    }

    // Before it is decoded: many signatures can name one long string.
    private string? Text(PdfString? text)
    {
        if ((textLeft -= text?.Length ?? 0) < 0)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the texts of the signatures have more than {document.Limits.SignatureTextBytes} bytes together");
        return text?.GetText();
    }

    private IReadOnlyList<PdfObject> Items(PdfArray? array)
    {
        if ((referencesLeft -= array?.Count ?? 0) < 0)
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the signatures have more than {document.Limits.SignatureReferences} references and names of fields together");
        return array?.Items ?? [];
    }

    // The field's lock, and its copy in the parameters of FieldMDP: the strictest of them.
    private int? LockPermission(RevisionView view, ObjectId? field, PdfDictionary signature)
    {
        var locks = new List<PdfDictionary?>();
        if (field is { } id && view.Resolve(id) is PdfDictionary dictionary)
            locks.Add(view.Get<PdfDictionary>(dictionary, "Lock"));
        foreach (var item in Items(view.Get<PdfArray>(signature, "Reference")))
        {
            if (view.Resolve(item) is PdfDictionary reference && view.Get<PdfName>(reference, "TransformMethod")?.Value == "FieldMDP")
                locks.Add(view.Get<PdfDictionary>(reference, "TransformParams"));
        }
        return locks.OfType<PdfDictionary>().Select(one => view.Get<PdfInteger>(one, "P")?.Value).Where(level => level is >= 1 and <= 3).Min() is { } strictest
            ? (int)strictest : null;
    }

    private SignatureContents Contents(RevisionView view, PdfDictionary dictionary) => view.Resolve(dictionary["Contents"]) switch
    {
        PdfString text when (contentsLeft -= text.Length) < 0 =>
            throw new PdfRefusedException(PdfRefusalCode.TooLarge, $"the Contents of the signatures have more than {document.Limits.ContentsBytes} bytes together"),
        PdfString text => new SignatureContents.Present(text.GetStoredBytes(), text.IsHexadecimal, text.Source.IsFile ? new ByteSpan(text.Start, text.End) : null,
            dictionary["Contents"] is PdfReference),
        PdfNull => dictionary.Has("Contents") ? new SignatureContents.NotAString() : new SignatureContents.Missing(),
        _ => new SignatureContents.NotAString(),
    };

    private List<SignatureReference> References(RevisionView view, PdfDictionary signature)
    {
        var references = new List<SignatureReference>();
        foreach (var item in Items(view.Get<PdfArray>(signature, "Reference")))
            references.Add(view.Resolve(item) is PdfDictionary reference ? Reference(view, reference) : new SignatureReference.Other(null));
        return references;
    }

    private SignatureReference Reference(RevisionView view, PdfDictionary reference)
    {
        var method = view.Get<PdfName>(reference, "TransformMethod")?.Value;
        var parameters = view.Get<PdfDictionary>(reference, "TransformParams");
        switch (method)
        {
            case "DocMDP":
                return view.Resolve(parameters?["P"]) switch
                {
                    // 12.8.2.2: 2 when absent.
                    PdfNull => new SignatureReference.DocMdp(2),
                    PdfInteger { Value: >= 1 and <= 3 } permission => new SignatureReference.DocMdp((int)permission.Value),
                    _ => new SignatureReference.Other(method),
                };
            case "FieldMDP" when parameters is not null && view.Get<PdfName>(parameters, "Action")?.Value is "All" or "Include" or "Exclude":
                var names = Items(view.Get<PdfArray>(parameters, "Fields")).Select(name => view.Resolve(name)).OfType<PdfString>().Select(name => Text(name)!);
                return new SignatureReference.FieldMdp(view.Get<PdfName>(parameters, "Action")!.Value, [.. names]);
            default:
                return new SignatureReference.Other(method);
        }
    }
}

/// <summary>Dates (ISO 32000-2 7.9.4): D:YYYYMMDDHHmmSSOHH'mm', everything behind the year optional.</summary>
internal static class PdfDate
{
    public static DateTimeOffset? Read(string text)
    {
        var rest = text.AsSpan().Trim();
        if (rest.StartsWith("D:", StringComparison.Ordinal))
            rest = rest[2..];
        Span<int> parts = [0, 1, 1, 0, 0, 0];
        for (var at = 0; at < parts.Length; at++)
        {
            var digits = at == 0 ? 4 : 2;
            if (rest.Length < digits || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                if (at == 0 || rest.Length > 0 && char.IsAsciiDigit(rest[0]))
                    return null;
                break;
            }
            parts[at] = value;
            rest = rest[digits..];
        }
        if (Zone(rest) is not { } offset)
            return null;
        try
        {
            return new DateTimeOffset(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], offset);
        }
        catch (ArgumentException)
        {
            return null; // The thirtieth of February, or a year 0: not a date.
        }
    }

    private static TimeSpan? Zone(ReadOnlySpan<char> zone)
    {
        if (zone.IsEmpty)
            return TimeSpan.Zero;
        var sign = zone[0] switch { '+' => 1, '-' => -1, 'Z' => 0, _ => (int?)null };
        if (sign is null)
            return null;
        var digits = zone[1..].ToString().Replace("'", "", StringComparison.Ordinal);
        if (digits.Length == 0 && sign == 0)
            return TimeSpan.Zero;
        if (digits.Length is not (2 or 4) || !int.TryParse(digits.PadRight(4, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return null;
        return value / 100 > 14 || value % 100 > 59 ? null : sign * new TimeSpan(value / 100, value % 100, 0);
    }
}
