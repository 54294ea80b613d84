namespace Identity.Provider.Clients;

/// <summary>The floor that a client is registered for. All live on one issuer; what is asked of one is not asked of the others.</summary>
public enum SecurityProfile
{
    /// <summary>OpenID Connect Core as older clients speak it: client secrets, RS256, requests by the browser. PKCE by S256 alone when it is used.</summary>
    Legacy,

    /// <summary>Asymmetric client authentication or a public client with bound tokens, PKCE always, requests pushed unless the client is public.</summary>
    Baseline,

    /// <summary>FAPI 2.0 Security Profile: Baseline, and every token is bound to a key or a certificate.</summary>
    Fapi2,
}
