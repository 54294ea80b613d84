namespace Identity.Authority.Issuance;

/// <summary>Settings of one kind of certificates as they are written; <see cref="ProfileSettings"/> makes the checked profile of them.</summary>
public sealed class ProfileOptions
{
    /// <summary>How long certificates hold.</summary>
    public TimeSpan? Validity { get; set; }

    /// <summary>Certificate policy.</summary>
    public string? Policy { get; set; }

    /// <summary>EcdsaP256, EcdsaP384, Rsa3072, Ed25519.</summary>
    public IList<string> Keys { get; } = [];

    /// <summary>Whether the certificate says that its subject's identifier is to be read as EN 319 412-1 5.1 has it.</summary>
    public bool SemanticsIdentifier { get; set; } = true;

    /// <summary>Claims of EN 319 412-5. None unless they are made here: they are for a provider that a supervisor has granted the status.</summary>
    public QualifiedOptions Qualified { get; set; } = new();
}

/// <summary>What a qualified provider states (EN 319 412-5 4).</summary>
public sealed class QualifiedOptions
{
    /// <summary>The certificate is qualified; its type follows from its kind.</summary>
    public bool Compliance { get; set; }

    /// <summary>The key is in a qualified device.</summary>
    public bool Device { get; set; }

    /// <summary>How many years after the certificate's end records are kept.</summary>
    public int? RetentionYears { get; set; }

    /// <summary>Where the terms are read: https address by language, such as en.</summary>
    public IDictionary<string, string> Disclosures { get; } = new Dictionary<string, string>();
}
