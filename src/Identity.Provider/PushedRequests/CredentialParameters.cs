using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.Approvals;
using Identity.Provider.Dpop;
using OpenIddict.Abstractions;

namespace Identity.Provider.PushedRequests;

/// <summary>
/// CSC API v2 8.4.2: what a credential's key is to sign, said by parameters of the pushed request and not by <c>authorization_details</c>. They are another spelling of the
/// same: from here on there is one form, checked, shown, approved and kept as one.
/// </summary>
internal static class CredentialParameters
{
    private const string Hashes = "hashes";
    private const string NumSignatures = "numSignatures";

    /// <summary>Those that authorization_details has under the same name, as text.</summary>
    private static readonly string[] Shared = ["credentialID", "signatureQualifier", "hashAlgorithmOID", "description"];

    private static readonly string[] All = [.. Shared, Hashes, NumSignatures];

    /// <summary>RFC 6749 3.1: a parameter without a value is as if it were not there.</summary>
    public static bool AreIn(OpenIddictRequest request) => Array.Exists(All, name => request.GetParameter(name) is { } value && !OpenIddictParameter.IsNullOrEmpty(value));

    /// <summary>Puts the details in their place.</summary>
    public static void Replace(OpenIddictRequest request, string details)
    {
        foreach (var name in All)
            request.RemoveParameter(name);
        request.SetParameter(PushedAuthorizationDetails.Parameter, details);
    }

    /// <summary>The authorization_details that they stand for, to be read as any others; null with <paramref name="refusal"/> when there are none.</summary>
    public static string? AsDetails(OpenIddictRequest request, out string refusal)
    {
        refusal = "";
        var details = new JsonObject { ["type"] = ApprovalRequest.DetailsType };
        foreach (var name in Shared)
        {
            if ((string?)request.GetParameter(name) is { Length: > 0 } value)
                details[name] = value;
        }

        // SCAL 2: the person approves these hashes, and no number of unnamed ones.
        if (!details.ContainsKey("credentialID") && !details.ContainsKey("signatureQualifier"))
            return Refuse("credentialID or signatureQualifier is needed beside hashes", out refusal);
        if (ReadHashes((string?)request.GetParameter(Hashes) ?? "") is not { } hashes)
            return Refuse("hashes must be 1 to 100 SHA-256 hashes in base64url, with commas between", out refusal);
        details["documentDigests"] = hashes;
        // REQUIRED where the credential is named so.
        if (!int.TryParse((string?)request.GetParameter(NumSignatures), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return Refuse("numSignatures must equal the number of hashes", out refusal);
        details[NumSignatures] = count;
        return new JsonArray(details).ToJsonString();
    }

    // They have no names here: the person sees each hash under its place in the request.
    private static JsonArray? ReadHashes(string value)
    {
        var texts = value.Split(',', CredentialRequest.MaxSignatures + 1);
        if (texts.Length > CredentialRequest.MaxSignatures)
            return null;
        var digests = new JsonArray();
        foreach (var text in texts)
        {
            // RFC 4648 5: the padding may be left out.
            if (DpopProof.Decode(text.EndsWith('=') ? text[..^1] : text) is not { Length: SHA256.HashSizeInBytes } hash)
                return null;
            digests.Add(new JsonObject { ["hash"] = Convert.ToBase64String(hash), ["label"] = string.Create(CultureInfo.InvariantCulture, $"#{digests.Count + 1}") });
        }

        return digests;
    }

    private static string? Refuse(string reason, out string refusal)
    {
        refusal = reason;
        return null;
    }
}
