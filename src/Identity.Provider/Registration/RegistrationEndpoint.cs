using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.Clients;
using Identity.Provider.RateLimits;

namespace Identity.Provider.Registration;

/// <summary>RFC 7591 3: a client registers itself, with an initial access token of the operator.</summary>
internal sealed partial class RegistrationEndpoint(
    InitialAccessTokens tokens, RateCounter counter, ClientAdministration administration, RegisteredClients clients, Refusals refusals, ILogger<RegistrationEndpoint> logger)
{
    /// <summary>Tries a minute with one token: a program that loops is stopped, and the token stays good.</summary>
    internal const int PerToken = 30;

    private const int IdBytes = 16;
    private const int LongestToken = 200;
    private const int LongestDescription = 300;

    private static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task Handle(HttpContext context, RegistrationEndpoint endpoint, ProviderSettings settings, AuditLog audit, TimeProvider time) =>
        endpoint.Register(context, settings, audit, time);

    private async Task Register(HttpContext context, ProviderSettings settings, AuditLog audit, TimeProvider time)
    {
        var cancellation = context.RequestAborted;
        // RFC 7591 3.2.1.
        context.Response.Headers.CacheControl = "no-store";
        // RFC 6750 3: who brings none learns only that one is needed.
        if (!AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var header) || !header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Refuse(context, StatusCodes.Status401Unauthorized, "invalid_token", "An initial access token is needed.");
            return;
        }

        if (header.Parameter is not { Length: > 0 and <= LongestToken } text || await tokens.Find(text, cancellation) is not { } token)
        {
            await RefuseToken(context);
            return;
        }

        if (await counter.Add($"register:{token.Hash}", PerToken) is { } wait)
        {
            context.Response.Headers.RetryAfter = wait.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            await Refuse(context, StatusCodes.Status429TooManyRequests, "temporarily_unavailable", "Too many requests with this initial access token.");
            return;
        }

        if (await Body(context, cancellation) is not { } request)
            return;
        try
        {
            var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
            var options = RegistrationRules.Read(request, id, token, settings.Production);
            await RegistrationRules.CheckOthers(options, token, clients, settings.Resources, cancellation);
            var approved = await administration.Check(options, ClientMetadata.FromRegistration, cancellation);
            // Taken when all is good and before anything is written: a use that a crash costs is made up for by the operator, one too many is not.
            if (!await tokens.Take(token, cancellation))
            {
                await RefuseToken(context);
                return;
            }

            audit.Append(new InitialAccessTokenUse(token.Label, id));
            if (await administration.Add(approved, cancellation) is not ClientOutcome.Done done)
                throw new InvalidOperationException("A client with a random name is registered already.");
            await StandAlone(options, token, settings, cancellation);
            await Answer(context, id, done.Secret, time, cancellation);
        }
        catch (ProviderSettingsException refused)
        {
            LogRefused(logger, token.Label, refused.Setting);
            var member = ClientDocument.NameOf(refused);
            await Refuse(
                context, StatusCodes.Status400BadRequest, member == "redirect_uris" ? "invalid_redirect_uri" : "invalid_client_metadata", $"{member}: {refused.Problem}");
        }
    }

    // Of two that came at one time, whoever was written last sees the other, or both do: nobody keeps what another one has.
    private async Task StandAlone(ClientOptions options, InitialAccessToken token, ProviderSettings settings, CancellationToken cancellation)
    {
        try
        {
            await RegistrationRules.CheckOthers(options, token, clients, settings.Resources, cancellation);
        }
        catch (ProviderSettingsException)
        {
            await administration.Remove(options.Id!, CancellationToken.None);
            throw;
        }
    }

    private static async Task<JsonObject?> Body(HttpContext context, CancellationToken cancellation)
    {
        if (!context.Request.HasJsonContentType())
        {
            await Refuse(context, StatusCodes.Status415UnsupportedMediaType, "invalid_client_metadata", "The request must be application/json.");
            return null;
        }

        var content = new byte[ClientDocument.Longest + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellation);
        if (length > ClientDocument.Longest)
        {
            await Refuse(context, StatusCodes.Status413PayloadTooLarge, "invalid_client_metadata", $"The request is larger than {ClientDocument.Longest} bytes.");
            return null;
        }

        if (ClientDocument.Parse(content.AsMemory(0, length)) is { } request)
            return request;
        await Refuse(context, StatusCodes.Status400BadRequest, "invalid_client_metadata", "The request is not one JSON object without repeated names.");
        return null;
    }

    /// <summary>RFC 7591 3.2.1: all that is registered, as it is stored.</summary>
    private async Task Answer(HttpContext context, string id, string? secret, TimeProvider time, CancellationToken cancellation)
    {
        var client = await clients.Find(id, cancellation) ?? throw new InvalidOperationException("A client has vanished that was just stored.");
        var answer = ClientDocument.Write(client.ToOptions());
        answer["client_id_issued_at"] = time.GetUtcNow().ToUnixTimeSeconds();
        answer["response_types"] = new JsonArray("code");
        answer["subject_type"] = "pairwise";
        if (secret is not null)
        {
            answer["client_secret"] = secret;
            answer["client_secret_expires_at"] = 0;
        }

        await Write(context, StatusCodes.Status201Created, answer);
    }

    private async Task RefuseToken(HttpContext context)
    {
        refusals.Record(new ClientRefused(null, "initial_access_token"));
        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        await Refuse(context, StatusCodes.Status401Unauthorized, "invalid_token", "The initial access token is not valid.");
    }

    // RFC 6749 5.2 says which characters a description may have; what a client wrote may be in it.
    private static Task Refuse(HttpContext context, int status, string error, string description) => Write(context, status, new JsonObject
    {
        ["error"] = error,
        ["error_description"] = string.Concat(description.Where(character => character is >= ' ' and <= '~' and not '"' and not '\\').Take(LongestDescription)),
    });

    private static async Task Write(HttpContext context, int status, JsonObject answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(Written));
    }

    [LoggerMessage(LogLevel.Information, "A registration with the initial access token {Label} was refused for its {Member}")]
    private static partial void LogRefused(ILogger logger, string label, string member);
}
