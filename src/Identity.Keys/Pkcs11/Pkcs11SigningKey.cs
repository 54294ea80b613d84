using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Identity.Keys.Pkcs11;

/// <summary>A key in a hardware token: it is used where it is, through the token's process. Nothing but hashes and signatures pass.</summary>
internal sealed class Pkcs11SigningKey : SigningKey
{
    private readonly TokenClient _token;
    private readonly byte[] _question;
    private Opened? _opened;

    private Pkcs11SigningKey(TokenClient token, KeyManifest manifest)
        : base(manifest.Name, manifest.Purpose, manifest.Algorithm, manifest.PublicKey)
    {
        _token = token;
        _question = JsonSerializer.SerializeToUtf8Bytes(new OpenKeyQuestion(manifest.Name, manifest.ToWrite()));
    }

    /// <summary>Finds the key in its token and lets the token show that it is what the manifest says.</summary>
    /// <exception cref="KeyRingException">not there, or refused</exception>
    /// <exception cref="KeyUnavailableException">the token does not answer</exception>
    public static Pkcs11SigningKey Open(TokenClient token, KeyManifest manifest)
    {
        var key = new Pkcs11SigningKey(token, manifest);
        var process = token.Process();
        key._opened = key.OpenIn(process);
        return key;
    }

    private protected override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> hash, DSASignatureFormat format)
    {
        var body = new byte[5 + hash.Length];
        body[4] = (byte)scheme;
        hash.CopyTo(body.AsSpan(5));
        var signature = _token.Ask(process =>
        {
            var opened = _opened;
            if (opened?.Process != process)
                _opened = opened = OpenIn(process);
            BinaryPrimitives.WriteUInt32LittleEndian(body, opened.Number);
            return process.Ask(TokenCall.SignHash, body);
        }).Body;
        return format == DSASignatureFormat.Rfc3279DerSequence && scheme is SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384
            ? PublicKeys.ToDerSequence(signature)
            : signature;
    }

    private Opened OpenIn(TokenProcess process) =>
        new(process, BinaryPrimitives.ReadUInt32LittleEndian(_token.Done(process.Ask(TokenCall.OpenKey, _question)).Body));

    private sealed record Opened(TokenProcess Process, uint Number);

    /// <summary>Body of <see cref="TokenCall.OpenKey"/>.</summary>
    internal sealed record OpenKeyQuestion(string Name, KeyManifest.Written Manifest);
}
