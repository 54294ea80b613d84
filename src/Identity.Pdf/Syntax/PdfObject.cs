namespace Identity.Pdf.Syntax;

/// <summary>Number and generation of an indirect object (ISO 32000-2 7.3.10).</summary>
public readonly record struct ObjectId(int Number, int Generation)
{
    public override string ToString() => FormattableString.Invariant($"{Number} {Generation} R");
}

/// <summary>The bytes that an object was read from: the file itself, or one decoded object stream.</summary>
public sealed class PdfSource(ReadOnlyMemory<byte> bytes, int? objectStream)
{
    /// <summary>The whole file, or the whole decoded content of the object stream.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>Number of the object stream; null when the bytes are the file itself.</summary>
    public int? ObjectStream { get; } = objectStream;

    public bool IsFile => ObjectStream is null;

    internal static PdfSource None { get; } = new(ReadOnlyMemory<byte>.Empty, null);
}

/// <summary>
/// A value as it stands in the file (ISO 32000-2 7.3). It remembers its exact bytes, so that a value nobody touched can be
/// written again verbatim. Instances do not change; they may be shared between threads.
/// </summary>
public abstract class PdfObject
{
    private protected PdfObject(PdfSource source, int start, int length) => (Source, Start, Length) = (source, start, length);

    public PdfSource Source { get; }

    /// <summary>Offset of the first byte in <see cref="Source"/>.</summary>
    public int Start { get; }

    /// <summary>Number of bytes in <see cref="Source"/>.</summary>
    public int Length { get; }

    public int End => Start + Length;

    /// <summary>The bytes of this value, exactly as they stand.</summary>
    public ReadOnlyMemory<byte> Raw => Source.Bytes.Slice(Start, Length);
}

/// <summary>The null object; also what a reference to an object that does not exist stands for (7.3.10).</summary>
public sealed class PdfNull : PdfObject
{
    internal PdfNull(PdfSource source, int start, int length) : base(source, start, length) { }

    /// <summary>A null that stands nowhere: the object is absent, or was freed.</summary>
    public static PdfNull Absent { get; } = new(PdfSource.None, 0, 0);
}

public sealed class PdfBoolean : PdfObject
{
    internal PdfBoolean(PdfSource source, int start, int length, bool value) : base(source, start, length) => Value = value;

    public bool Value { get; }
}

public sealed class PdfInteger : PdfObject
{
    internal PdfInteger(PdfSource source, int start, int length, long value) : base(source, start, length) => Value = value;

    public long Value { get; }
}

/// <summary>A number with a decimal point, or one too large for 64 bits.</summary>
public sealed class PdfReal : PdfObject
{
    internal PdfReal(PdfSource source, int start, int length, double value) : base(source, start, length) => Value = value;

    public double Value { get; }
}

public sealed class PdfName : PdfObject
{
    internal PdfName(PdfSource source, int start, int length, string value) : base(source, start, length) => Value = value;

    /// <summary>The name without its slash, #xx resolved, one char a byte (Latin-1).</summary>
    public string Value { get; }
}

public sealed class PdfReference : PdfObject
{
    internal PdfReference(PdfSource source, int start, int length, ObjectId target) : base(source, start, length) => Target = target;

    public ObjectId Target { get; }
}

public sealed class PdfArray : PdfObject
{
    internal PdfArray(PdfSource source, int start, int length, PdfObject[] items) : base(source, start, length) => Items = items;

    public IReadOnlyList<PdfObject> Items { get; }

    public int Count => Items.Count;

    public PdfObject this[int index] => Items[index];
}
