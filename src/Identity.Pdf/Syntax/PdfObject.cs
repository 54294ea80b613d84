using Identity.Pdf.Encryption;
using Identity.Pdf.Structure;

namespace Identity.Pdf.Syntax;

/// <summary>Number and generation of an indirect object (ISO 32000-2 7.3.10).</summary>
public readonly record struct ObjectId(int Number, int Generation)
{
    public override string ToString() => FormattableString.Invariant($"{Number} {Generation} R");
}

/// <summary>The bytes that an object was read from: the file, a part of it, or one decoded object stream.</summary>
public sealed class PdfSource
{
    private readonly DocumentBytes? file;

    internal PdfSource(ReadOnlyMemory<byte> bytes, int? objectStream) => (Bytes, ObjectStream) = (bytes, objectStream);

    /// <param name="bytes">A part of the file.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where in it the part begins.</param>
    /// <param name="isPartial">The file goes on behind the part.</param>
    internal PdfSource(ReadOnlyMemory<byte> bytes, DocumentBytes file, long offset, bool isPartial) =>
        (Bytes, this.file, Offset, IsPartial) = (bytes, file, offset, isPartial);

    /// <summary>The whole file, the part of it that holds the object, or the whole decoded content of the object stream.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>Offset in the file of the first of <see cref="Bytes"/>.</summary>
    internal long Offset { get; }

    /// <summary>Null when strings and streams stand in the clear.</summary>
    internal Decryption? Decryption { get; set; }

    /// <summary>The file goes on behind <see cref="Bytes"/>: what reaches their end may be cut off.</summary>
    internal bool IsPartial { get; }

    /// <summary>Number of the object stream; null when the bytes are those of the file.</summary>
    public int? ObjectStream { get; }

    public bool IsFile => ObjectStream is null;

    internal static PdfSource None { get; } = new(ReadOnlyMemory<byte>.Empty, null);

    /// <summary>The bytes belong to a window that moves on: keeps its own copy of the first so many.</summary>
    internal void Keep(int length)
    {
        if (file is not null)
            Bytes = Bytes[..length].ToArray();
    }

    /// <summary>Bytes from an offset in the file on, also those of a stream, which are not kept.</summary>
    internal ReadOnlyMemory<byte> Slice(long offset, int length) =>
        offset - Offset <= Bytes.Length - length || file is null ? Bytes.Slice((int)(offset - Offset), length) : file.Slice(offset, length);
}

/// <summary>
/// A value as it stands in the file (ISO 32000-2 7.3). It remembers its exact bytes, so that a value nobody touched can be
/// written again verbatim. Instances do not change; they may be shared between threads.
/// </summary>
public abstract class PdfObject
{
    private readonly int start;
    private readonly int length;

    private protected PdfObject(PdfSource source, int start, int length) => (Source, this.start, this.length) = (source, start, length);

    public PdfSource Source { get; }

    /// <summary>Offset of the first byte in the file, or in the decoded object stream.</summary>
    public long Start => Source.Offset + start;

    /// <summary>Number of bytes.</summary>
    public virtual long Length => length;

    public long End => Start + Length;

    /// <summary>The bytes of this value, exactly as they stand.</summary>
    public virtual ReadOnlyMemory<byte> Raw => Source.Bytes.Slice(start, length);

    /// <summary>The same bytes mean the same in both: neither is encrypted, or both with the same key.</summary>
    internal bool IsReadAlike(PdfObject other) => Source.Decryption == other.Source.Decryption;

    /// <summary>Where in the bytes of the source it begins.</summary>
    internal int StartInSource => start;
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
