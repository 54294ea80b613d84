using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys.Activation;

namespace Identity.Keys.Pkcs11;

/// <summary>A credential's key in a hardware token. Its process counts for itself what the key may sign; when that process ends, so does the key.</summary>
internal sealed class TokenSessionKey : SessionKey.Half
{
    private readonly TokenClient _token;
    private readonly TokenProcess _process;
    private readonly byte[] _name;

    private TokenSessionKey(TokenClient token, TokenProcess process, byte[] name)
    {
        _token = token;
        _process = process;
        _name = name;
    }

    /// <exception cref="KeyUnavailableException">the token does not answer</exception>
    public static SessionKey Make(TokenClient token, KeyAlgorithm algorithm)
    {
        var name = ApprovalStructure.NewRandom();
        TokenProcess? madeIn = null;
        var made = token.Ask(process => (madeIn = process).Ask(TokenCall.MakeSessionKey, [(byte)algorithm, .. Encoding.ASCII.GetBytes(name)])).Body;
        const int Key = PersonKeyPairs.NameBytes + 2;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(made.AsSpan(PersonKeyPairs.NameBytes));
        return new SessionKey(name, algorithm, new TokenSessionKey(token, madeIn!, made[..PersonKeyPairs.NameBytes]), made.AsMemory(Key, length), made.AsMemory(Key + length));
    }

    public override void Enable(IReadOnlyList<byte[]> hashes) =>
        _token.Done(_process.Ask(TokenCall.EnableSessionKey, [.. _name, .. hashes.SelectMany(hash => hash)]));

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        byte[] body = [.. _name, .. hash];
        var signature = _token.Done(_process.Ask(TokenCall.SignWithPersonKey, body)).Body;
        return scheme == SignatureScheme.EcdsaSha256 && format == DSASignatureFormat.Rfc3279DerSequence ? PublicKeys.ToDerSequence(signature) : signature;
    }

    public override void Dispose()
    {
        try
        {
            _process.Ask(TokenCall.DestroyPersonKey, _name);
        }
        catch (KeyUnavailableException)
        {
            // Too busy: it is left until its process ends, which destroys it.
        }
    }
}
