using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys.Activation;

namespace Identity.Keys.Pkcs11;

/// <summary>A person's key in a hardware token. It lives in the token's process that made it: when that ends, so does the key.</summary>
internal sealed class TokenPersonKey : PersonKey.PrivateHalf
{
    private readonly TokenClient _token;
    private readonly TokenProcess _process;
    private readonly byte[] _name;
    private int _remaining;

    private TokenPersonKey(TokenClient token, TokenProcess process, byte[] name, int documents)
    {
        _remaining = documents;
        _token = token;
        _process = process;
        _name = name;
    }

    /// <exception cref="KeyUnavailableException">the token does not answer</exception>
    public static PersonKey Make(TokenClient token, VerifiedApproval approval, KeyAlgorithm algorithm)
    {
        TokenProcess? madeIn = null;
        var documents = approval.Structure.Documents.Count;
        byte[] question = [(byte)algorithm, (byte)documents, .. Encoding.ASCII.GetBytes(approval.Structure.Approval)];
        var made = token.Ask(process => (madeIn = process).Ask(TokenCall.MakePersonKey, question)).Body;
        var request = PersonKeyPairs.NameBytes + 2 + BinaryPrimitives.ReadUInt16LittleEndian(made.AsSpan(PersonKeyPairs.NameBytes));
        return new PersonKey(
            approval, algorithm,
            new TokenPersonKey(token, madeIn!, made[..PersonKeyPairs.NameBytes], documents),
            made.AsMemory(PersonKeyPairs.NameBytes + 2, request - PersonKeyPairs.NameBytes - 2), made.AsMemory(request));
    }

    public override byte[] Sign(int document, SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        // The token's process signs in one way for each length of hash.
        if (scheme is SignatureScheme.RsaPkcs1Sha256 or SignatureScheme.RsaPssSha384)
            throw new ArgumentException($"A person's key in a token does not sign {scheme}.", nameof(scheme));
        _remaining--;
        byte[] body = [.. _name, (byte)document, .. hash];
        var signature = _token.Done(_process.Ask(scheme == SignatureScheme.Ed25519 ? TokenCall.SignOctetsWithPersonKey : TokenCall.SignWithPersonKey, body)).Body;
        return scheme is SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384 && format == DSASignatureFormat.Rfc3279DerSequence ? PublicKeys.ToDerSequence(signature) : signature;
    }

    public override void Dispose()
    {
        // Used up: the token has destroyed it.
        if (_remaining <= 0)
            return;
        _remaining = 0;
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
