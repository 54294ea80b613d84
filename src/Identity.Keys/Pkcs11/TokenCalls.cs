namespace Identity.Keys.Pkcs11;

/// <summary>What a service may ask the process of its token. There is no call that makes a lasting key or reads one.</summary>
internal static class TokenCall
{
    /// <summary>Body: JSON of a key's manifest with its name. Answer: four bytes, the number of the opened key.</summary>
    public const byte OpenKey = 1;

    /// <summary>Body: four bytes number of the key, one byte <see cref="SignatureScheme"/>, the hash, or with Ed25519 the octets. Answer: the signature as PKCS#11 gives it.</summary>
    public const byte SignHash = 2;

    /// <summary>Body: one byte <see cref="KeyAlgorithm"/>, one byte number of documents, the approval's id. Answer: 16 bytes that name the key, two bytes length of the SubjectPublicKeyInfo, that, the PKCS#10.</summary>
    public const byte MakePersonKey = 3;

    /// <summary>
    /// Body: 16 bytes that name the key, one byte number of the document from 0, the hash (32 bytes, with P-384 48); for a credential's key no number. Answer: the signature.
    /// Whatever came of it, the key signs no more for this document or hash, and is destroyed when it has been asked for each.
    /// </summary>
    public const byte SignWithPersonKey = 4;

    /// <summary>Body: 16 bytes that name the key. Answer: empty, also when there is no such key.</summary>
    public const byte DestroyPersonKey = 5;

    /// <summary>Body: empty. Answer: empty, when the session is still open and logged in.</summary>
    public const byte LookAtSession = 6;

    /// <summary>Body: one byte <see cref="KeyAlgorithm"/>, the key's name in its PKCS#10. Answer: as for <see cref="MakePersonKey"/>. The key signs nothing before <see cref="EnableSessionKey"/>.</summary>
    public const byte MakeSessionKey = 7;

    /// <summary>Body: 16 bytes that name the key, 1 to 100 hashes (32 bytes each): what it signs, each once. Answer: empty. Once for each key.</summary>
    public const byte EnableSessionKey = 8;

    /// <summary>Body: empty. Answer: empty. RSA keys of people are made ahead from now on.</summary>
    public const byte ReserveKeys = 9;

    /// <summary>As <see cref="SignWithPersonKey"/> with an Ed25519 key, which signs octets: 1 to <see cref="SigningKey.MostOctets"/> octets in place of the hash.</summary>
    public const byte SignOctetsWithPersonKey = 10;
}

/// <summary>The kinds of answers. The body of those that are not <see cref="Done"/> is text for the operator.</summary>
internal static class TokenAnswer
{
    public const byte Done = 0;

    /// <summary>The key is not there or must not be used: a matter of settings.</summary>
    public const byte Refused = 1;

    /// <summary>Nothing was signed, this time.</summary>
    public const byte Unavailable = 2;

    /// <summary>The token or its sessions have gone; nothing was signed. The process answers every further call so and is to be replaced.</summary>
    public const byte TokenGone = 3;

    /// <summary>Only as the first frame: the token refused the PIN. It is not to be tried again.</summary>
    public const byte PinRefused = 4;
}
