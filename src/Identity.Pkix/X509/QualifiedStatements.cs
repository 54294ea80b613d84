using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>Where a disclosure statement is read, and in which language (ISO 639-1, two lower-case letters).</summary>
public sealed record DisclosureStatement(string Address, string Language);

/// <summary>
/// The statements of a qcStatements extension (RFC 3739 3.2.6, EN 319 412-5 4) that this project writes. Those it does not know are counted and
/// otherwise left alone.
/// </summary>
public sealed record QualifiedStatements
{
    /// <summary>Statements, and members of one.</summary>
    public const int MaxStatements = 32;

    private const int MaxLength = 16 * 1024;

    /// <summary>EN 319 412-1 5.1: how the identifier in the subject is to be read (<see cref="Oids.SemanticsNatural"/>, <see cref="Oids.SemanticsLegal"/>).</summary>
    public string? Semantics { get; init; }

    /// <summary>EN 319 412-5 4.2.1: the certificate is claimed to be qualified.</summary>
    public bool Compliance { get; init; }

    /// <summary>EN 319 412-5 4.2.2: the key is claimed to be in a qualified device.</summary>
    public bool Device { get; init; }

    /// <summary>EN 319 412-5 4.2.3: <see cref="Oids.QualifiedTypeSignature"/>, <see cref="Oids.QualifiedTypeSeal"/>.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>EN 319 412-5 4.3.3, in years after the certificate's end.</summary>
    public int? RetentionYears { get; init; }

    /// <summary>EN 319 412-5 4.3.4.</summary>
    public IReadOnlyList<DisclosureStatement> Disclosures { get; init; } = [];

    /// <summary>Statements that are none of these.</summary>
    public int Others { get; init; }

    public bool IsEmpty => Semantics is null && !Compliance && !Device && Types.Count == 0 && RetentionYears is null && Disclosures.Count == 0 && Others == 0;

    /// <summary>The extension, not critical. What is in <see cref="Others"/> is not written.</summary>
    public Extension ToExtension() => CertificateExtensions.Make(Oids.QualifiedStatements, false, w =>
    {
        using var statements = w.PushSequence();
        if (Compliance) Statement(w, Oids.QualifiedCompliance, null);
        if (Device) Statement(w, Oids.QualifiedDevice, null);
        if (Types.Count > 0) Statement(w, Oids.QualifiedType, info =>
        {
            using var types = info.PushSequence();
            foreach (var type in Types) info.WriteObjectIdentifier(type);
        });
        if (RetentionYears is { } years) Statement(w, Oids.QualifiedRetention, info => info.WriteInteger(years));
        if (Disclosures.Count > 0) Statement(w, Oids.QualifiedDisclosure, WriteDisclosures);
        if (Semantics is { } semantics) Statement(w, Oids.QualifiedSyntax, info =>
        {
            using var information = info.PushSequence();
            info.WriteObjectIdentifier(semantics);
        });
    });

    /// <summary>Reads the extension's value. Throws <see cref="MalformedException"/>.</summary>
    public static QualifiedStatements Read(ReadOnlyMemory<byte> value) => Ber.Read(value, "qcStatements", MaxLength, reader =>
    {
        var list = reader.ReadSequence();
        var statements = new QualifiedStatements();
        var seen = new HashSet<string>();
        while (list.HasData)
        {
            var statement = list.ReadSequence();
            var oid = statement.ReadObjectIdentifier();
            if (!seen.Add(oid)) throw new MalformedException("qcStatements: a statement twice");
            if (seen.Count > MaxStatements) throw new MalformedException($"qcStatements: more than {MaxStatements}");
            statements = statements.With(oid, statement);
        }
        return statements;
    });

    private QualifiedStatements With(string oid, AsnReader statement)
    {
        var read = oid switch
        {
            Oids.QualifiedCompliance => this with { Compliance = true },
            Oids.QualifiedDevice => this with { Device = true },
            Oids.QualifiedType => this with { Types = Each(statement.ReadSequence(), r => r.ReadObjectIdentifier()) },
            Oids.QualifiedRetention => this with { RetentionYears = statement.TryReadInt32(out var years) && years >= 0 ? years : throw new MalformedException("qcStatements: retention period") },
            Oids.QualifiedDisclosure => this with { Disclosures = Each(statement.ReadSequence(), ReadDisclosure) },
            Oids.QualifiedSyntax => this with { Semantics = ReadSemantics(statement) },
            _ => null,
        };
        if (read is null) return this with { Others = Others + 1 };
        statement.ThrowIfNotEmpty();
        return read;
    }

    private static void Statement(AsnWriter writer, string oid, Action<AsnWriter>? information)
    {
        using var statement = writer.PushSequence();
        writer.WriteObjectIdentifier(oid);
        information?.Invoke(writer);
    }

    private void WriteDisclosures(AsnWriter writer)
    {
        using var locations = writer.PushSequence();
        foreach (var disclosure in Disclosures)
        {
            using var location = writer.PushSequence();
            writer.WriteCharacterString(UniversalTagNumber.IA5String, disclosure.Address);
            writer.WriteCharacterString(UniversalTagNumber.PrintableString, disclosure.Language);
        }
    }

    private static DisclosureStatement ReadDisclosure(AsnReader reader)
    {
        var location = reader.ReadSequence();
        var disclosure = new DisclosureStatement(location.ReadCharacterString(UniversalTagNumber.IA5String), location.ReadCharacterString(UniversalTagNumber.PrintableString));
        location.ThrowIfNotEmpty();
        return disclosure;
    }

    // Both members of SemanticsInformation are optional; registration authorities are not looked at.
    private static string? ReadSemantics(AsnReader statement)
    {
        if (!statement.HasData) return null;
        var information = statement.ReadSequence();
        return information.HasData && information.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier) ? information.ReadObjectIdentifier() : null;
    }

    private static List<T> Each<T>(AsnReader sequence, Func<AsnReader, T> read)
    {
        var list = new List<T>();
        while (sequence.HasData)
        {
            if (list.Count == MaxStatements) throw new MalformedException($"qcStatements: more than {MaxStatements} members");
            list.Add(read(sequence));
        }
        return list;
    }
}
