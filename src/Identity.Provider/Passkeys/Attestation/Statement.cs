using System.Formats.Cbor;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>The members of an attestation statement, of the few types that the formats here have.</summary>
internal sealed class Statement
{
    /// <summary>Leaf, and up to four authorities.</summary>
    internal const int MostCertificates = 5;

    internal const int LongestCertificate = 4 * 1024;

    private const int MostMembers = 8;

    private readonly Dictionary<string, object> members = new(StringComparer.Ordinal);

    private Statement()
    {
    }

    public int Count => members.Count;

    /// <exception cref="CborContentException">malformed</exception>
    public static Statement Read(byte[] encoded)
    {
        var statement = new Statement();
        var cbor = new CborReader(encoded, CborConformanceMode.Strict);
        var count = cbor.ReadStartMap();
        if (count is null or > MostMembers)
            throw new CborContentException("members");
        for (var index = 0; index < count; index++)
        {
            var name = cbor.ReadTextString();
            statement.members.Add(name, cbor.PeekState() switch
            {
                CborReaderState.ByteString => cbor.ReadByteString(),
                CborReaderState.TextString => cbor.ReadTextString(),
                CborReaderState.StartArray => ReadCertificates(cbor),
                _ => cbor.ReadInt32(),
            });
        }

        cbor.ReadEndMap();
        return cbor.BytesRemaining == 0 ? statement : throw new CborContentException("bytes after the statement");
    }

    public bool Has(string name) => members.ContainsKey(name);

    public int Number(string name) => Member<object>(name) is int number ? number : throw new CborContentException(name);

    public byte[] Bytes(string name) => Member<byte[]>(name);

    public string Text(string name) => Member<string>(name);

    public IReadOnlyList<byte[]> Certificates => Member<List<byte[]>>("x5c");

    private T Member<T>(string name) where T : class => members.GetValueOrDefault(name) as T ?? throw new CborContentException(name);

    private static List<byte[]> ReadCertificates(CborReader cbor)
    {
        var count = cbor.ReadStartArray();
        if (count is null or 0 or > MostCertificates)
            throw new CborContentException("certificates");
        var list = new List<byte[]>();
        for (var index = 0; index < count; index++)
        {
            var certificate = cbor.ReadByteString();
            list.Add(certificate.Length <= LongestCertificate ? certificate : throw new CborContentException("certificate too long"));
        }

        cbor.ReadEndArray();
        return list;
    }
}

/// <summary>What a statement proves about a credential.</summary>
internal abstract record StatementResult
{
    private StatementResult()
    {
    }

    /// <summary>An authority whose root the operator trusts says which device holds the key.</summary>
    public sealed record Trusted : StatementResult;

    /// <summary>Nothing is wrong, and nobody whom the operator trusts says anything: no statement, self attestation, an unknown maker, a format or algorithm not verified here.</summary>
    public sealed record Unproven : StatementResult;

    /// <summary>The statement says something that is not so.</summary>
    public sealed record Refused(string Reason) : StatementResult;
}
