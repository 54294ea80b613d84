using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Identity.Signing.Tests;

/// <summary>One who signs in at the stand-in Provider.</summary>
public sealed record StandInPerson(string Subject, string Identifier, string GivenName, string FamilyName)
{
    public static StandInPerson Liis { get; } = new("pairwise-liis", "PNOXX-48504210018", "Liis", "Tamm");

    public static StandInPerson Wei { get; } = new("pairwise-wei", "PNOXX-37911030025", "Wei", "Chen");
}

/// <summary>
/// A Provider in a hundred lines, without the product's code: discovery, keys, pushed requests, an authorize endpoint that says yes at once,
/// tokens, userinfo, and the evidence of approvals (Identity.TestKit's own WebAuthn).
/// </summary>
public sealed class StandInProvider : IAsyncDisposable
{
    private readonly Dictionary<string, Dictionary<string, string>> pushed = [];
    private readonly Dictionary<string, Dictionary<string, string>> codes = [];
    private readonly Lock locked = new();
    private readonly EvidenceBuilder evidence;
    private readonly WebApplication app;
    private readonly Func<string, bool> isClientAssertion;

    private StandInProvider(WebApplication app, string issuer, Func<string, bool> isClientAssertion)
    {
        (this.app, Issuer, this.isClientAssertion) = (app, issuer, isClientAssertion);
        evidence = new EvidenceBuilder(issuer, TimeProvider.System.GetUtcNow());
    }

    public string Issuer { get; }

    public StandInPerson Person { get; set; } = StandInPerson.Liis;

    /// <summary>Every endpoint answers 503.</summary>
    public bool Down { get; set; }

    /// <summary>The person says no.</summary>
    public bool Declines { get; set; }

    /// <summary>Changes what the evidence says before it is signed; see <see cref="Approval"/>.</summary>
    public Action<Approval>? Change { get; set; }

    /// <summary>Changes the evidence after it was made; null: no evidence in the token answer.</summary>
    public Func<string, string?> Finish { get; set; } = made => made;

    public string? LastEvidence { get; private set; }

    public string? LastUiLocales { get; private set; }

    public int PushedRequests { get; private set; }

    /// <summary>The login session that tokens are given in; null: the ID token says nothing of it.</summary>
    public string? Session { get; set; } = Guid();

    public string? LastIdToken { get; private set; }

    /// <summary>What the browser brought to the end of the session.</summary>
    public IReadOnlyDictionary<string, string>? LastLogout { get; private set; }

    /// <summary>The Provider's metadata has no end_session_endpoint.</summary>
    public bool WithoutLogout { get; set; }

    /// <param name="isClientAssertion">Whether a client assertion is Signing's.</param>
    /// <param name="tls">With it, it listens with TLS alone.</param>
    public static async Task<StandInProvider> Start(Func<string, bool> isClientAssertion, X509Certificate2? tls = null)
    {
        var issuer = $"{(tls is null ? "http" : "https")}://localhost:{FreePort.Next()}/";
        var builder = WebApplication.CreateSlimBuilder();
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.ConfigureHttpsDefaults(https => https.ServerCertificate = tls));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(issuer.TrimEnd('/'));
        var provider = new StandInProvider(app, issuer, isClientAssertion);
        provider.Map();
        await app.StartAsync();
        return provider;
    }

    public void Reset()
    {
        (Person, Down, Declines, Change, Finish) = (StandInPerson.Liis, false, false, null, made => made);
        (Session, LastLogout) = (Guid(), null);
        ChangeStatement = null;
        Tokens.Clear();
    }

    /// <summary>A logout token for <see cref="Session"/> as the specification has it; the changes of header and claims make it another.</summary>
    public string LogoutToken(Action<JsonObject, JsonObject>? change = null, EvidenceBuilder? signer = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "logout+jwt", ["kid"] = "key-1" };
        var payload = new JsonObject
        {
            ["iss"] = Issuer, ["aud"] = "signing", ["iat"] = now, ["exp"] = now + 120, ["jti"] = Guid(),
            ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
            ["sub"] = Person.Subject, ["sid"] = Session,
        };
        change?.Invoke(header, payload);
        return (signer ?? evidence).Sign(header.ToJsonString(), payload.ToJsonString());
    }

    /// <summary>Any text under the published key.</summary>
    public string Sign(string header, string payload) => evidence.Sign(header, payload);

    public string Jwks => evidence.Jwks;

    /// <summary>An access token as RFC 9068 has it; the changes make it another.</summary>
    public string AccessToken(string audience, string client = "land-registry", string scope = "signing", Action<JsonObject, JsonObject>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "at+jwt", ["kid"] = "key-1" };
        var payload = new JsonObject
        {
            ["iss"] = Issuer, ["aud"] = audience, ["sub"] = client, ["client_id"] = client, ["scope"] = scope, ["iat"] = now, ["exp"] = now + 300, ["jti"] = Guid(),
        };
        change?.Invoke(header, payload);
        return evidence.Sign(header.ToJsonString(), payload.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        evidence.Dispose();
    }

    private static string Guid() => EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16));

    private void Map()
    {
        app.Use((context, next) =>
        {
            if (!Down)
                return next(context);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, object>
        {
            [WithoutLogout ? "no_end_session_endpoint" : "end_session_endpoint"] = Issuer + "logout",
            ["issuer"] = Issuer, ["jwks_uri"] = Issuer + "jwks", ["authorization_endpoint"] = Issuer + "authorize", ["token_endpoint"] = Issuer + "token",
            ["userinfo_endpoint"] = Issuer + "userinfo", ["pushed_authorization_request_endpoint"] = Issuer + "par", ["response_types_supported"] = new[] { "code" },
            ["require_pushed_authorization_requests"] = true,
        }));
        app.MapGet("/jwks", () => Results.Text(evidence.Jwks, "application/json"));
        app.MapPost("/par", Push);
        app.MapGet("/authorize", Authorize);
        app.MapPost("/token", Token);
        app.MapPost("/introspect", Introspect);
        app.MapGet("/logout", (HttpRequest request) =>
        {
            LastLogout = request.Query.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.ToString());
            return Results.Redirect(LastLogout["post_logout_redirect_uri"] + "?state=" + Uri.EscapeDataString(LastLogout["state"]));
        });
        app.MapGet("/userinfo", () => Results.Json(new Dictionary<string, string>
        {
            ["sub"] = Person.Subject, ["person_identifier"] = Person.Identifier, ["name"] = $"{Person.GivenName} {Person.FamilyName}",
        }));
    }

    private async Task<IResult> Push(HttpRequest request)
    {
        var form = (await request.ReadFormAsync()).ToDictionary(field => field.Key, field => field.Value.ToString());
        if (!isClientAssertion(form.GetValueOrDefault("client_assertion", "")) || form.GetValueOrDefault("code_challenge_method") != "S256")
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        var uri = "urn:ietf:params:oauth:request_uri:" + Guid();
        lock (locked)
        {
            pushed[uri] = form;
            PushedRequests++;
            LastUiLocales = form.GetValueOrDefault("ui_locales");
        }

        return Results.Json(new { request_uri = uri, expires_in = 60 }, statusCode: 201);
    }

    /// <summary>What is said of tokens when they are introspected; others are not active.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, JsonObject> Tokens { get; } = new();

    /// <summary>Changes a statement about a person before it is signed.</summary>
    public Action<JsonObject>? ChangeStatement { get; set; }

    /// <summary>Evidence of an approval with this canonical structure, for that client.</summary>
    public string Evidence(string approval, string client, string canonical, DateTimeOffset expires, StandInPerson person, Action<JsonObject>? change = null)
    {
        lock (locked)
        {
            evidence.Canonical = canonical;
            evidence.Dishonesty = null;
            foreach (var (name, value) in new JsonObject
            {
                ["iss"] = Issuer, ["aud"] = client, ["sub"] = person.Subject, ["jti"] = approval, ["iat"] = TimeProvider.System.GetUtcNow().AddMinutes(-5).ToUnixTimeSeconds(), ["exp"] = expires.ToUnixTimeSeconds(),
                ["person"] = new JsonObject { ["identifier"] = person.Identifier, ["given_name"] = person.GivenName, ["family_name"] = person.FamilyName },
            })
            {
                evidence.Payload[name] = value?.DeepClone();
            }

            change?.Invoke(evidence.Payload);
            return evidence.Build();
        }
    }

    private async Task<IResult> Introspect(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!isClientAssertion(form["client_assertion"].ToString()))
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        if (!Tokens.TryGetValue(form["token"].ToString(), out var known))
            return Results.Json(new { active = false });
        var answer = (JsonObject)known.DeepClone();
        if (form["certification_key"].ToString() is { Length: > 0 } key)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            var statement = new JsonObject
            {
                ["iss"] = Issuer, ["aud"] = "signing", ["jti"] = Guid(), ["iat"] = now, ["exp"] = now + 60, ["client_id"] = "program", ["key_sha256"] = key,
                ["person"] = new JsonObject { ["identifier"] = Person.Identifier, ["given_name"] = Person.GivenName, ["family_name"] = Person.FamilyName },
            };
            ChangeStatement?.Invoke(statement);
            answer["person_statement"] = Sign("""{"alg":"ES256","typ":"person-statement+jwt","kid":"key-1"}""", statement.ToJsonString());
        }

        return Results.Text(answer.ToJsonString(), "application/json");
    }

    private IResult Authorize(string request_uri)
    {
        Dictionary<string, string> form;
        lock (locked)
        {
            form = pushed[request_uri];
            pushed.Remove(request_uri);
        }

        var back = form["redirect_uri"] + $"?state={Uri.EscapeDataString(form["state"])}&iss={Uri.EscapeDataString(Issuer)}";
        if (Declines)
            return Results.Redirect(back + "&error=access_denied");
        var code = Guid();
        lock (locked)
            codes[code] = form;
        return Results.Redirect(back + "&code=" + code);
    }

    private async Task<IResult> Token(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        Dictionary<string, string> asked;
        lock (locked)
        {
            if (!codes.Remove(form["code"].ToString(), out asked!))
                return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        var challenge = EvidenceBuilder.Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!isClientAssertion(form["client_assertion"].ToString()) || challenge != asked["code_challenge"])
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var said = new JsonObject { ["iss"] = Issuer, ["aud"] = "signing", ["sub"] = Person.Subject, ["iat"] = now, ["exp"] = now + 300, ["nonce"] = asked["nonce"] };
        if (Session is not null)
            said["sid"] = Session;
        var idToken = LastIdToken = evidence.Sign("""{"alg":"ES256","kid":"key-1"}""", said.ToJsonString());
        var answer = new JsonObject { ["access_token"] = Guid(), ["token_type"] = "Bearer", ["expires_in"] = 300, ["id_token"] = idToken };
        if (asked.TryGetValue("authorization_details", out var details))
        {
            var told = JsonNode.Parse(details)!.AsArray();
            LastEvidence = Finish(MakeEvidence(told[0]!));
            if (LastEvidence is not null)
                told[0]!["approval_evidence"] = LastEvidence;
            answer["authorization_details"] = told.DeepClone();
        }

        return Results.Text(answer.ToJsonString(), "application/json");
    }

    private string MakeEvidence(JsonNode details)
    {
        lock (locked)
        {
            var digests = details["documentDigests"]!.AsArray();
            var approval = new Approval
            {
                Person = Person, Requester = details["requester"]!.GetValue<string>(), Purpose = details["purpose"]!.GetValue<string>(),
                Documents = [.. digests.Select(digest => (digest!["label"]!.GetValue<string>(), Convert.FromBase64String(digest["hash"]!.GetValue<string>())))],
                Expires = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds()),
            };
            Change?.Invoke(approval);
            evidence.Canonical = approval.Canonical();
            evidence.Dishonesty = approval.Dishonesty;
            evidence.Payload["iss"] = Issuer;
            evidence.Payload["aud"] = approval.Client;
            evidence.Payload["sub"] = approval.Person.Subject;
            evidence.Payload["jti"] = approval.Id;
            evidence.Payload["iat"] = approval.Issued.ToUnixTimeSeconds();
            evidence.Payload["exp"] = approval.Expires.ToUnixTimeSeconds();
            evidence.Payload["person"] = new JsonObject
            {
                ["identifier"] = approval.Person.Identifier, ["given_name"] = approval.Person.GivenName, ["family_name"] = approval.Person.FamilyName,
            };
            return evidence.Build();
        }
    }
}

/// <summary>What the evidence will say; honest until changed.</summary>
public sealed class Approval
{
    public string Id { get; set; } = EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16));

    public required StandInPerson Person { get; set; }

    public string Client { get; set; } = "signing";

    public required string Requester { get; set; }

    public required string Purpose { get; set; }

    public required List<(string Label, byte[] Sha256)> Documents { get; init; }

    public string Label { set => Documents[0] = (value, Documents[0].Sha256); }

    public byte[] Sha256 { set => Documents[0] = (Documents[0].Label, value); }

    public DateTimeOffset Issued { get; set; } = TimeProvider.System.GetUtcNow();

    public required DateTimeOffset Expires { get; set; }

    public Dishonesty? Dishonesty { get; set; }

    public string Canonical() =>
        $$"""{"type":"identity-approval","version":1,"approval":"{{Id}}","random":"{{EvidenceBuilder.Base64Url(RandomNumberGenerator.GetBytes(16))}}","person":"{{Person.Identifier}}","client":"{{Client}}","requester":"{{Requester}}","purpose":"{{Purpose}}","documents":[{{string.Join(',', Documents.Select(document => $$"""{"label":"{{document.Label}}","sha256":"{{EvidenceBuilder.Base64Url(document.Sha256)}}"}"""))}}],"expires":"{{Expires.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}"}""";
}
