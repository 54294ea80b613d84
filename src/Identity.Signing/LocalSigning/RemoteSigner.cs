using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Csc;

namespace Identity.Signing.LocalSigning;

/// <summary>A credential of the person at a service: its certificate is known before anything is signed with it.</summary>
public sealed record ListedCredential(string Id, PersonCertificate Certificate);

/// <summary>What is to be approved and signed: nothing else of a document leaves this machine.</summary>
/// <param name="Label">The file's name.</param>
/// <param name="Hash">SHA-256 of the signed attributes.</param>
/// <param name="DocumentSha256">Of the file, for the person to compare.</param>
public sealed record HashToApprove(string Label, byte[] Hash, byte[] DocumentSha256);

/// <summary>A client of the CSC API v2: hashes go to the service, signatures come back.</summary>
public sealed class RemoteSigner(HttpClient http, Uri service, Func<Uri, Task> open, TimeProvider time)
{
    private const string ClientId = "sign";
    private const int MostCertificates = 8;
    private ProviderLogin? login;
    private JsonNode? info;

    /// <summary>What it tells everybody: nobody signs in for that.</summary>
    public async Task<ServiceNeighbours> Neighbours(CancellationToken cancellation) => ServiceNeighbours.Read(await Info(cancellation), service);

    private async Task<JsonNode> Info(CancellationToken cancellation) => info ??= await Call("info", null, new JsonObject(), cancellation);

    /// <summary>1. the service says who its Provider is; 2. the person signs in there; 3. the service makes or names a credential.</summary>
    public async Task<ListedCredential> Credential(CancellationToken cancellation)
    {
        if (!Uri.TryCreate(ProviderLogin.Text(await Info(cancellation), "oauth2Issuer"), UriKind.Absolute, out var issuer) || (issuer.Scheme != Uri.UriSchemeHttps && !issuer.IsLoopback))
            throw new RemoteRefusedException("unexpected_answer", "The service's Provider is not at an https address.");
        login = new ProviderLogin(http, issuer, ClientId, open, time);
        var token = await login.Token(CscToken.ServiceScope, service, null, cancellation);
        var listed = await Call("credentials/list", token, new JsonObject { ["credentialInfo"] = true, ["certificates"] = "chain", ["onlyValid"] = true }, cancellation);
        if (listed["credentialIDs"] is not JsonArray { Count: > 0 } ids || listed["credentialInfos"] is not JsonArray { Count: > 0 } infos
            || infos[0]?["cert"]?["certificates"] is not JsonArray { Count: > 0 and <= MostCertificates } certificates)
            throw new RemoteRefusedException("no_credential", "The service has no certificate for you.");
        var chain = certificates.Select(certificate => Pkix.X509.Certificate.Parse(Convert.FromBase64String(certificate!.GetValue<string>()))).ToList();
        return new ListedCredential(ids[0]!.GetValue<string>(), new PersonCertificate(chain[0], chain[1..]));
    }

    /// <summary>Asks for one approval of all, then for the signatures: in the order of the hashes.</summary>
    public async Task<IReadOnlyList<byte[]>> Sign(ListedCredential listed, IReadOnlyList<HashToApprove> hashes, CancellationToken cancellation)
    {
        var (credential, algorithm) = (listed.Id, CredentialAlgorithm.Of(listed.Certificate.Leaf));
        var details = new JsonArray(new JsonObject
        {
            ["type"] = "credential",
            ["credentialID"] = credential,
            ["numSignatures"] = hashes.Count,
            ["documentDigests"] = new JsonArray([.. hashes.Select(hash => new JsonObject
            {
                ["hash"] = Convert.ToBase64String(hash.Hash), ["label"] = hash.Label, ["documentHash"] = Convert.ToBase64String(hash.DocumentSha256),
            })]),
            ["hashAlgorithmOID"] = SignHash.Sha256,
        });
        var token = await login!.Token(CscToken.CredentialScope, service, details, cancellation);
        var signed = await Call("signatures/signHash", token, new JsonObject
        {
            ["credentialID"] = credential, ["hashes"] = new JsonArray([.. hashes.Select(hash => JsonValue.Create(Convert.ToBase64String(hash.Hash)))]),
            ["hashAlgorithmOID"] = SignHash.Sha256, ["signAlgo"] = algorithm.Oid, ["signAlgoParams"] = algorithm.Parameters,
        }, cancellation);
        return signed["signatures"] is JsonArray signatures && signatures.Count == hashes.Count
            ? [.. signatures.Select(signature => Convert.FromBase64String(signature!.GetValue<string>()))]
            : throw new RemoteRefusedException("unexpected_answer", "The service gave another number of signatures.");
    }

    private async Task<JsonNode> Call(string method, string? token, JsonObject body, CancellationToken cancellation)
    {
        var address = new Uri(service, "csc/v2/" + method);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + token);
            request.Headers.TryAddWithoutValidation("DPoP", login!.Proof(address.AbsoluteUri, token, null));
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var answer = await ProviderLogin.Read(response, cancellation);
        return response.StatusCode == HttpStatusCode.OK
            ? answer
            : throw new RemoteRefusedException("service_refused", $"The service answered {(int)response.StatusCode} to {method}: {(string?)answer["error"]} {(string?)answer["error_description"]}");
    }
}
