using System.Text.Json;
using System.Text.Json.Nodes;

namespace Identity.Provider.Clients;

/// <summary>
/// A registration as RFC 7591 2 and the specifications that add to it write one: a JSON object. Read from a file or a request, and written back.
/// <c>profile</c> and <c>sector</c> are ours.
/// </summary>
internal static class ClientDocument
{
    /// <summary>A set of keys may have 64 kB.</summary>
    public const int Longest = 128 * 1024;

    private const int Deepest = 8;
    private const int MostEntries = 100;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = Deepest, AllowDuplicateProperties = false };

    internal enum Form
    {
        Text,
        Flag,

        /// <summary>An array of strings.</summary>
        List,

        /// <summary>Strings with a space between them.</summary>
        Words,

        /// <summary>An object, kept as it is written.</summary>
        Json,
    }

    internal sealed record Member(string Name, Form Form, Func<ClientOptions, object?> Get, Action<ClientOptions, object> Set)
    {
        /// <summary>Its name on the command line.</summary>
        public string Option => Name.Replace('_', '-');
    }

    internal static readonly IReadOnlyList<Member> Members =
    [
        new("client_id", Form.Text, o => o.Id, (o, v) => o.Id = (string)v),
        new("client_name", Form.Text, o => o.Name, (o, v) => o.Name = (string)v),
        new("profile", Form.Text, o => o.Profile, (o, v) => o.Profile = (string)v),
        new("sector", Form.Text, o => o.Sector, (o, v) => o.Sector = (string)v),
        new("application_type", Form.Text, o => o.ApplicationType, (o, v) => o.ApplicationType = (string)v),
        new("redirect_uris", Form.List, o => o.RedirectUris, (o, v) => o.RedirectUris = (List<string>)v),
        new("post_logout_redirect_uris", Form.List, o => o.PostLogoutRedirectUris, (o, v) => o.PostLogoutRedirectUris = (List<string>)v),
        new("scope", Form.Words, o => o.Scopes, (o, v) => o.Scopes = (List<string>)v),
        new("grant_types", Form.List, o => o.GrantTypes, (o, v) => o.GrantTypes = (List<string>)v),
        new("token_endpoint_auth_method", Form.Text, o => o.TokenEndpointAuthMethod, (o, v) => o.TokenEndpointAuthMethod = (string)v),
        new("jwks", Form.Json, o => o.Jwks, (o, v) => o.Jwks = (string)v),
        new("jwks_uri", Form.Text, o => o.JwksUri, (o, v) => o.JwksUri = (string)v),
        new("tls_client_auth_subject_dn", Form.Text, o => o.TlsClientAuthSubjectDn, (o, v) => o.TlsClientAuthSubjectDn = (string)v),
        new("tls_client_auth_san_dns", Form.Text, o => o.TlsClientAuthSanDns, (o, v) => o.TlsClientAuthSanDns = (string)v),
        new("tls_client_certificate_bound_access_tokens", Form.Flag, o => o.TlsClientCertificateBoundAccessTokens, (o, v) => o.TlsClientCertificateBoundAccessTokens = (bool)v),
        new("dpop_bound_access_tokens", Form.Flag, o => o.DpopBoundAccessTokens, (o, v) => o.DpopBoundAccessTokens = (bool)v),
        new("require_pushed_authorization_requests", Form.Flag, o => o.RequirePushedAuthorizationRequests, (o, v) => o.RequirePushedAuthorizationRequests = (bool)v),
        new("authorization_details_types", Form.List, o => o.AuthorizationDetailsTypes, (o, v) => o.AuthorizationDetailsTypes = (List<string>)v),
        new("id_token_signed_response_alg", Form.Text, o => o.IdTokenSignedResponseAlg, (o, v) => o.IdTokenSignedResponseAlg = (string)v),
        new("id_token_encrypted_response_alg", Form.Text, o => o.IdTokenEncryptedResponseAlg, (o, v) => o.IdTokenEncryptedResponseAlg = (string)v),
        new("id_token_encrypted_response_enc", Form.Text, o => o.IdTokenEncryptedResponseEnc, (o, v) => o.IdTokenEncryptedResponseEnc = (string)v),
        new("userinfo_signed_response_alg", Form.Text, o => o.UserinfoSignedResponseAlg, (o, v) => o.UserinfoSignedResponseAlg = (string)v),
        new("userinfo_encrypted_response_alg", Form.Text, o => o.UserinfoEncryptedResponseAlg, (o, v) => o.UserinfoEncryptedResponseAlg = (string)v),
        new("userinfo_encrypted_response_enc", Form.Text, o => o.UserinfoEncryptedResponseEnc, (o, v) => o.UserinfoEncryptedResponseEnc = (string)v),
        new("backchannel_logout_uri", Form.Text, o => o.BackchannelLogoutUri, (o, v) => o.BackchannelLogoutUri = (string)v),
        new("backchannel_logout_session_required", Form.Flag, o => o.BackchannelLogoutSessionRequired, (o, v) => o.BackchannelLogoutSessionRequired = (bool)v),
    ];

    /// <summary>Null unless it is one JSON object without repeated names, within the limits of size and depth.</summary>
    public static JsonObject? Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Length > Longest)
            return null;
        try
        {
            var document = JsonNode.Parse(json.Span, documentOptions: Strict) as JsonObject;
            ReadThrough(document);
            return document;
        }
        // The latter: a name or a string that is no Unicode text, which shows when it is read.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void ReadThrough(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var member in members)
                    ReadThrough(member.Value);
                break;
            case JsonArray entries:
                foreach (var entry in entries)
                    ReadThrough(entry);
                break;
            case JsonValue text when text.GetValueKind() == JsonValueKind.String:
                text.GetValue<string>();
                break;
        }
    }

    /// <summary>Takes what it knows; <paramref name="others"/> are the names that it does not.</summary>
    /// <exception cref="ProviderSettingsException">a member that is known has another form</exception>
    public static ClientOptions Read(JsonObject document, out IReadOnlyList<string> others)
    {
        var options = new ClientOptions();
        others = [.. document.Select(member => member.Key).Where(name => Members.All(member => member.Name != name))];
        foreach (var member in Members)
        {
            // RFC 7591 2: null says nothing.
            if (document[member.Name] is not { } value)
                continue;
            member.Set(options, Value(member.Form, value) ?? throw new ProviderSettingsException(member.Name, member.Form switch
            {
                Form.Text or Form.Words => "must be a string.",
                Form.Flag => "must be true or false.",
                Form.List => $"must be an array of at most {MostEntries} strings.",
                _ => "must be an object.",
            }));
        }

        return options;
    }

    /// <summary>What the refused field is called in a registration.</summary>
    public static string NameOf(ProviderSettingsException refused) => refused.Setting[(refused.Setting.LastIndexOf(':') + 1)..] switch
    {
        nameof(ClientOptions.Id) => "client_id",
        nameof(ClientOptions.Name) => "client_name",
        nameof(ClientOptions.Scopes) => "scope",
        nameof(ClientOptions.KeyFile) => "jwks",
        var field => JsonNamingPolicy.SnakeCaseLower.ConvertName(field),
    };

    /// <summary>Without what is unset; never the secret.</summary>
    public static JsonObject Write(ClientOptions options)
    {
        var document = new JsonObject();
        foreach (var member in Members)
        {
            JsonNode? value = member.Get(options) switch
            {
                null or false => null,
                List<string> { Count: 0 } => null,
                List<string> entries when member.Form == Form.Words => string.Join(' ', entries),
                List<string> entries => new JsonArray([.. entries.Select(entry => JsonValue.Create(entry))]),
                string json when member.Form == Form.Json => JsonNode.Parse(json),
                string text => text,
                bool flag => flag,
                var other => throw new InvalidOperationException($"{member.Name} has no form for {other.GetType()}."),
            };
            if (value is not null)
                document[member.Name] = value;
        }

        return document;
    }

    /// <summary>
    /// OpenID Connect Core 8.1: the host, when it is one. In Development, where every host is localhost, the port tells them apart. The addresses of a native
    /// application name its device, which is nobody's sector.
    /// </summary>
    public static string? SectorOf(List<string> redirectUris, bool production)
    {
        if (redirectUris.Exists(address => NativeApplication.RedirectUriProblem(address) is null))
            return null;
        var sectors = redirectUris.Select(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? production ? uri.IdnHost : uri.IsDefaultPort ? uri.IdnHost : $"{uri.IdnHost}:{uri.Port}" : "").Distinct().ToList();
        return sectors is [{ Length: > 0 } one] ? one : null;
    }

    private static object? Value(Form form, JsonNode value) => (form, value.GetValueKind()) switch
    {
        (Form.Text, JsonValueKind.String) => value.GetValue<string>(),
        (Form.Words, JsonValueKind.String) => value.GetValue<string>().Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct().ToList(),
        (Form.Flag, JsonValueKind.True) => true,
        (Form.Flag, JsonValueKind.False) => false,
        (Form.Json, JsonValueKind.Object) => value.ToJsonString(),
        (Form.List, JsonValueKind.Array) when value.AsArray() is { Count: <= MostEntries } entries && entries.All(entry => entry?.GetValueKind() == JsonValueKind.String) =>
            entries.Select(entry => entry!.GetValue<string>()).ToList(),
        _ => null,
    };
}
