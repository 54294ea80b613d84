using System.Text.Json.Nodes;

namespace Identity.Signing.Csc;

/// <summary>info (CSC API v2 11.1): what this service does, and nothing that it does not.</summary>
internal static class ServiceInfo
{
    /// <summary>The names of all methods that answer with more than a refusal.</summary>
    public static readonly string[] Methods = 
    [
        "info", "credentials/list", "credentials/info", "credentials/extendTransaction", "signatures/signHash", "signatures/signDoc", "signatures/signPolling", "signatures/timestamp",
    ];

    /// <summary>Ours: where a program that keeps its documents gets time-stamps and the status of certificates, as this service does.</summary>
    public const string LocalSigning = "local_signing";

    /// <summary>Member of it: the certificates (base64 of DER) that a development host believes, for `sign` beside it. Production names none: who is believed, nobody says of himself.</summary>
    public const string DevelopmentRoots = "development_roots";

    public static JsonObject Of(SigningSettings settings) => new()
    {
        ["specs"] = "2.0.0.2",
        ["name"] = "Signing",
        ["logo"] = new Uri(settings.PublicAddress, "favicon.ico").AbsoluteUri,
        ["region"] = settings.Region,
        ["lang"] = "en",
        ["description"] = "People sign with a key that is made for one approval or one session, approved with their passkey.",
        ["authType"] = new JsonArray("oauth2code"),
        ["oauth2Issuer"] = settings.Provider.AbsoluteUri,
        ["asynchronousOperationMode"] = true,
        ["methods"] = new JsonArray([.. Methods.Select(method => JsonValue.Create(method))]),
        ["validationInfo"] = settings.StatusSources.Any,
        ["signAlgorithms"] = Algorithms(CredentialAlgorithm.Of(settings.PersonKeyAlgorithm)),
        ["signature_formats"] = new JsonObject { ["formats"] = new JsonArray("P", "C"), ["envelope_properties"] = new JsonArray(new JsonArray("Revision"), new JsonArray("Detached")) },
        ["conformance_levels"] = settings.StatusSources.Any ? new JsonArray("Ades-B-B", "Ades-B-T", "Ades-B-LT", "Ades-B-LTA") : new JsonArray("Ades-B-B", "Ades-B-T"),
        [LocalSigning] = Neighbours(settings),
    };

    private static JsonObject Neighbours(SigningSettings settings)
    {
        var neighbours = new JsonObject
        {
            ["timestamps"] = settings.Timestamps.AbsoluteUri,
            ["status_sources"] = new JsonArray([.. settings.StatusSources.Addresses.Select(address => JsonValue.Create(address.AbsoluteUri))]),
        };
        if (!settings.Production)
            neighbours[DevelopmentRoots] = new JsonArray([.. settings.TrustAnchors().Select(root => JsonValue.Create(Convert.ToBase64String(root.RawData)))]);
        return neighbours;
    }

    // 11.1: algoParams for the algorithms that have some.
    private static JsonObject Algorithms(CredentialAlgorithm algorithm)
    {
        var told = new JsonObject { ["algos"] = new JsonArray(algorithm.Oid) };
        if (algorithm.Parameters is { } parameters)
            told["algoParams"] = new JsonArray(parameters);
        return told;
    }
}
