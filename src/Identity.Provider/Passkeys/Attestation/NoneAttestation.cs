namespace Identity.Provider.Passkeys.Attestation;

/// <summary>WebAuthn 8.7: no statement.</summary>
internal static class NoneAttestation
{
    public const string Format = "none";

    public static StatementResult Verify(Statement statement) =>
        statement.Count == 0 ? new StatementResult.Unproven() : new StatementResult.Refused("none: a statement");
}
