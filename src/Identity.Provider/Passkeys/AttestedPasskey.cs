namespace Identity.Provider.Passkeys;

/// <summary>What was found out about a passkey when it was registered, beside the framework's own record of it. Primary key: the credential's id.</summary>
public sealed class AttestedPasskey
{
    public required byte[] CredentialId { get; init; }

    /// <summary>Attestation statement format identifier.</summary>
    public required string Format { get; init; }

    /// <summary>Model of the authenticator.</summary>
    public required Guid Aaguid { get; init; }

    public required bool DeviceBound { get; init; }

    /// <summary>A maker whom the operator trusted then has vouched for it.</summary>
    public required bool Trusted { get; init; }

    /// <summary>The level that it reaches: what the device is good for, and no more than how the person was known when it was registered.</summary>
    public required string Level { get; init; }
}
