namespace Identity.Verification.Engine;

/// <summary>Outcome of a block or process (EN 319 102-1 5.1.3). For the whole of a signature it is worded TOTAL-PASSED and so on.</summary>
public enum Indication
{
    Passed,
    Indeterminate,
    Failed,
}

/// <summary>Why a signature did not pass (EN 319 102-1 table 5). The wire word is the standard's.</summary>
public enum SubIndication
{
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    Expired,
    NotYetValid,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    CryptoConstraintsFailure,
    CryptoConstraintsFailureNoPoe,
    PolicyProcessingError,
    SignaturePolicyNotAvailable,
    TimestampOrderFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    NoCertificateChainFoundNoPoe,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    OutOfBoundsNotRevoked,
    RevocationOutOfBoundsNoPoe,
    TryLater,
    NoPoe,
    SignedDataNotFound,
    Custom,
}

/// <summary>The words of the standard, as they go over the wire.</summary>
public static class StandardWords
{
    private static readonly Dictionary<SubIndication, string> SubIndications =
        Enum.GetValues<SubIndication>().ToDictionary(value => value, value => UpperSnake(value.ToString()));

    public static string Word(this SubIndication value) => SubIndications[value];

    /// <summary>PASSED, INDETERMINATE or FAILED: a block, or a time-stamp.</summary>
    public static string Word(this Indication value) => value switch
    {
        Indication.Passed => "PASSED",
        Indication.Indeterminate => "INDETERMINATE",
        Indication.Failed => "FAILED",
        _ => throw new InvalidOperationException($"no word for {value}"),
    };

    /// <summary>TOTAL-PASSED, INDETERMINATE or TOTAL-FAILED: the overall outcome for a signature.</summary>
    public static string TotalWord(this Indication value) => value switch
    {
        Indication.Passed => "TOTAL-PASSED",
        Indication.Indeterminate => "INDETERMINATE",
        Indication.Failed => "TOTAL-FAILED",
        _ => throw new InvalidOperationException($"no word for {value}"),
    };

    private static string UpperSnake(string name) =>
        string.Concat(name.Select((character, index) => char.IsUpper(character) && index > 0 ? "_" + character : char.ToUpperInvariant(character).ToString()));
}
