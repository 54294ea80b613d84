using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>A lasting key pair in a token that has been found to be what its manifest says.</summary>
internal sealed record TokenKeyPair(IObjectHandle PrivateKey, KeyManifest Manifest)
{
    /// <summary>What the token must say of a private key. A key that could ever be read, or was not made in the token, is refused; so is one for more than signing.</summary>
    private static readonly (CKA Attribute, bool Value)[] Rules =
    [
        (CKA.CKA_TOKEN, true), (CKA.CKA_PRIVATE, true), (CKA.CKA_EXTRACTABLE, false), (CKA.CKA_NEVER_EXTRACTABLE, true), (CKA.CKA_SENSITIVE, true),
        (CKA.CKA_ALWAYS_SENSITIVE, true), (CKA.CKA_LOCAL, true), (CKA.CKA_SIGN, true), (CKA.CKA_DECRYPT, false), (CKA.CKA_UNWRAP, false),
        (CKA.CKA_SIGN_RECOVER, false), (CKA.CKA_DERIVE, false),
    ];

    /// <exception cref="TokenRefusedException">not there, or not as it must be; the message names key and attribute</exception>
    public static TokenKeyPair Find(ISession session, KeyManifest manifest)
    {
        var identifier = session.Factories.ObjectAttributeFactory.Create(CKA.CKA_ID, manifest.Identifier);
        var key = Only(session, manifest, CKO.CKO_PRIVATE_KEY, identifier);
        foreach (var (attribute, value) in Rules)
        {
            if (Read(session, key, attribute) is not { } said)
                throw Refuse(manifest, $"is refused: the token does not say {attribute}.");
            if (said != value)
                throw Refuse(manifest, $"is refused: the token says {attribute} is {(said ? "true" : "false")}.");
        }

        if (session.GetAttributeValue(key, [CKA.CKA_LABEL])[0].GetValueAsString() != manifest.Label)
            throw Refuse(manifest, $"is refused: its CKA_LABEL in the token is not '{manifest.Label}'.");
        CheckTheyBelongTogether(session, key, manifest);
        return new TokenKeyPair(key, manifest);
    }

    /// <summary>Makes a lasting key pair and gives it its name and purpose last: what a crash leaves has the label of <see cref="Unfinished"/>.</summary>
    public static KeyManifest Create(ISession session, string token, string name, KeyPurpose purpose, KeyAlgorithm algorithm)
    {
        var label = KeyManifest.LabelOf(name, purpose);
        if (session.FindAllObjects([session.Factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, label)]).Count > 0)
            throw new TokenRefusedException(TokenAnswer.Refused, $"The token has an object with the label '{label}' already.");
        var (publicKey, privateKey) = KeyGeneration.Generate(session, algorithm, lasting: true, Unfinished + name);
        var manifest = new KeyManifest
        {
            Name = name,
            Token = token,
            Purpose = purpose,
            Algorithm = algorithm,
            PublicKey = KeyGeneration.SubjectPublicKeyInfo(session, publicKey, algorithm),
        };
        foreach (var half in new[] { publicKey, privateKey })
        {
            session.SetAttributeValue(half, [
                session.Factories.ObjectAttributeFactory.Create(CKA.CKA_ID, manifest.Identifier),
                session.Factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, label),
            ]);
        }

        Find(session, manifest);
        return manifest;
    }

    /// <summary>Begins the label of objects that are being made.</summary>
    public const string Unfinished = "identity unfinished ";

    private static IObjectHandle Only(ISession session, KeyManifest manifest, CKO kind, IObjectAttribute identifier)
    {
        var found = session.FindAllObjects([session.Factories.ObjectAttributeFactory.Create(CKA.CKA_CLASS, kind), identifier]);
        return found.Count switch
        {
            1 => found[0],
            0 => throw Refuse(manifest, $"is not in the token for {manifest.Purpose}: no private key has the CKA_ID of this public key and purpose."),
            _ => throw Refuse(manifest, "is in the token more than once."),
        };
    }

    private static bool? Read(ISession session, IObjectHandle key, CKA attribute)
    {
        var answer = session.GetAttributeValue(key, [attribute])[0];
        return answer.CannotBeRead ? null : answer.GetValueAsBool();
    }

    // One signature over a value that is no document's hash shows that this private key is the other half of the manifest's public key.
    private static void CheckTheyBelongTogether(ISession session, IObjectHandle key, KeyManifest manifest)
    {
        var scheme = manifest.Algorithm switch
        {
            KeyAlgorithm.EcdsaP256 => SignatureScheme.EcdsaSha256,
            KeyAlgorithm.EcdsaP384 => SignatureScheme.EcdsaSha384,
            KeyAlgorithm.Ed25519 => SignatureScheme.Ed25519,
            _ => SignatureScheme.RsaPssSha256,
        };
        byte[] probe = [.. "Identity: do these two keys belong together?"u8, .. RandomNumberGenerator.GetBytes(32)];
        var hash = scheme == SignatureScheme.EcdsaSha384 ? SHA384.HashData(probe) : SHA256.HashData(probe);
        bool belongs;
        try
        {
            belongs = PublicKeys.Verifies(manifest.PublicKey, scheme, hash, new SessionSigner(session).Sign(key, scheme, hash));
        }
        catch (Pkcs11Exception problem) when (problem.RV is CKR.CKR_KEY_TYPE_INCONSISTENT or CKR.CKR_KEY_SIZE_RANGE)
        {
            belongs = false;
        }

        if (!belongs)
            throw Refuse(manifest, "is refused: the private key in the token is not the one of its public key.");
    }

    private static TokenRefusedException Refuse(KeyManifest manifest, string problem) => new(TokenAnswer.Refused, $"Key '{manifest.Name}' {problem}");
}
