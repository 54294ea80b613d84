using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys;
using Identity.Keys.Activation;

namespace Identity.Signing.Csc;

/// <summary>What a SAD came to.</summary>
internal enum SadUse
{
    Accepted,
    Invalid,
    Expired,
    NotAuthorized,
}

/// <summary>
/// One approval whose key is here, from the first use of its SAD to its last signature. At each moment one SAD is current: first the token of the approval, bound to all of
/// its hashes, then whichever credentials/extendTransaction gave last, bound to what was named there. A SAD is used by one signHash, which signs of its hashes the ones it
/// names; it is exchanged for the next by one extendTransaction, used or not. No hash is signed more often than it was approved, whatever SAD names it. It lives in memory
/// beside its key: where the one is lost the other is. May be called concurrently: of two with one SAD, one wins.
/// </summary>
internal sealed class SigningTransaction
{
    /// <summary>What a SAD of extendTransaction begins with: no token of the Provider does.</summary>
    public const string Prefix = "sad.";
    public const string Signed = "signed";
    private const int RandomBytes = 32;

    /// <summary>Each is in the audit log: twice for each hash that an approval can have.</summary>
    public const int MostExtensions = 2 * ApprovalStructure.MaximumSignatures;

    private readonly Lock gate = new();
    private readonly VerifiedSad sad;
    private readonly string? keyThumbprint;
    private readonly List<string> unsigned;
    private List<string> bound;
    private byte[]? current;
    private bool isUsed;
    private bool isEnabled;
    private int underWay;
    private int extensions;
    private bool hasAnswered;

    /// <param name="sad">verified, its approval taken for this credential, or about to be</param>
    /// <param name="record">the credential</param>
    /// <param name="keyThumbprint">RFC 9449 6.1, of the key that the approval's token is bound to; what follows from it is bound to the same</param>
    public SigningTransaction(VerifiedSad sad, RemoteCredential record, string? keyThumbprint)
    {
        this.sad = sad;
        this.keyThumbprint = keyThumbprint;
        unsigned = [.. sad.Approval.Structure.Signatures.Select(signature => signature.Hash)];
        bound = [.. unsigned];
        // No later than the person has been told, nor than the certificate lasts.
        Expires = sad.Approval.Structure.Expires < record.NotAfter ? sad.Approval.Structure.Expires : record.NotAfter;
    }

    public CredentialApproval Stored => sad.Stored;

    public DateTimeOffset Expires { get; }

    /// <summary>False while a signHash that has begun waits for its signatures.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return underWay == 0;
        }
    }

    /// <summary>A SAD of this transaction comes beside a token of the same key, and of no other approval.</summary>
    public bool IsOf(CscAuthorization authorization) => authorization.Token.KeyThumbprint == keyThumbprint
        && (!authorization.Token.Scopes.Contains(CscToken.CredentialScope) || authorization.ApprovalId == sad.Stored.ApprovalId);

    /// <summary>Whether it could be used so, without using it.</summary>
    public SadUse JudgeSigning(string? given, IReadOnlyList<byte[]> hashes, DateTimeOffset now)
    {
        lock (gate)
            return isUsed ? SadUse.Invalid : Judge(given, hashes, bound, now);
    }

    /// <summary>Uses the SAD, and takes the hashes away from what is unsigned: from here on they are signed or lost.</summary>
    /// <param name="given">null: the approval's token</param>
    public SadUse TakeForSigning(string? given, IReadOnlyList<byte[]> hashes, DateTimeOffset now)
    {
        lock (gate)
        {
            var use = isUsed ? SadUse.Invalid : Judge(given, hashes, bound, now);
            if (use != SadUse.Accepted)
                return use;
            isUsed = true;
            underWay++;
            foreach (var hash in hashes)
                unsigned.Remove(Base64Url.EncodeToString(hash));
            return use;
        }
    }

    /// <summary>Whether it could be extended so, without doing it.</summary>
    public SadUse JudgeExtension(string? given, IReadOnlyList<byte[]> hashes, DateTimeOffset now)
    {
        lock (gate)
            return extensions == MostExtensions ? SadUse.Invalid : Judge(given, hashes, unsigned, now);
    }

    /// <summary>Puts a new SAD, for these hashes alone, in the place of the current one, which is good for nothing then.</summary>
    /// <param name="given">null: the approval's token</param>
    /// <param name="next">only when it was accepted</param>
    public SadUse Extend(string? given, IReadOnlyList<byte[]> hashes, DateTimeOffset now, out string next)
    {
        next = "";
        lock (gate)
        {
            var use = extensions == MostExtensions ? SadUse.Invalid : Judge(given, hashes, unsigned, now);
            if (use != SadUse.Accepted)
                return use;
            extensions++;
            next = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
            (current, bound, isUsed) = (Digest(next), [.. hashes.Select(hash => Base64Url.EncodeToString(hash))], false);
            return use;
        }
    }

    /// <summary>At the first signature the approval enables the key, for all of its hashes; the key counts them for itself.</summary>
    public void Enable(SessionKey key)
    {
        lock (gate)
        {
            if (isEnabled)
                return;
            key.Enable(sad.Approval);
            isEnabled = true;
        }
    }

    /// <summary>What was taken has been signed; true when nothing is left that could be.</summary>
    public bool HasSignedAll()
    {
        lock (gate)
            return --underWay == 0 && unsigned.Count == 0;
    }

    /// <summary>Signatures have been given out.</summary>
    public void HasAnswered()
    {
        lock (gate)
            hasAnswered = true;
    }

    /// <summary>How its approval ends: what was signed and given out before is not called unsigned for what came of the rest.</summary>
    public string OutcomeOf(string reason)
    {
        lock (gate)
            return hasAnswered && reason != Signed ? "partly_signed" : reason;
    }

    private SadUse Judge(string? given, IReadOnlyList<byte[]> hashes, List<string> allowed, DateTimeOffset now)
    {
        var isCurrent = given is null ? current is null : current is not null && CryptographicOperations.FixedTimeEquals(Digest(given), current);
        if (!isCurrent)
            return SadUse.Invalid;
        if (now >= Expires)
            return SadUse.Expired;
        // As sets in which something may be twice; nothing is sorted, so the order of the request stays.
        var left = allowed.ToList();
        return hashes.All(hash => left.Remove(Base64Url.EncodeToString(hash))) ? SadUse.Accepted : SadUse.NotAuthorized;
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
