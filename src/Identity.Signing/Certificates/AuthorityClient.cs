using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;

namespace Identity.Signing.Certificates;

/// <summary>A person's certificate with its chain, checked: it holds the key that was asked for and names the person who approved.</summary>
/// <param name="Leaf">The person's certificate.</param>
/// <param name="Chain">Issuer first, then upwards; may hold the root.</param>
public sealed record PersonCertificate(Certificate Leaf, IReadOnlyList<Certificate> Chain)
{
    /// <summary>RFC 7468: this certificate, then its issuers.</summary>
    public string ToPem() => string.Concat(Chain.Prepend(Leaf).Select(certificate => PemEncoding.WriteString("CERTIFICATE", certificate.Raw.Span) + "\n"));
}

public abstract record CertificateAnswer
{
    private CertificateAnswer() { }

    public sealed record Issued(PersonCertificate Certificate) : CertificateAnswer;

    public sealed record Refused(FailureReason Reason, string Detail) : CertificateAnswer;
}

/// <summary>Asks the Authority to certify one key for one approval. The Authority verifies the evidence for itself.</summary>
public sealed class AuthorityClient(HttpClient http, ClientKey client, TrustedChain trust, SigningSettings settings, TimeProvider time)
{
    private const int LargestAnswer = 256 * 1024;
    private const int LongestChain = 5;
    private const string SerialNumberAttribute = "2.5.4.5";

    /// <summary>One try only: the Authority answers an approval once, so a second ask could find it used.</summary>
    public Task<CertificateAnswer> Certify(PersonKey key, string evidence, CancellationToken cancellation) =>
        Certify(JsonSerializer.SerializeToUtf8Bytes(new { evidence, csr = Convert.ToBase64String(key.CertificationRequest.Span) }), key.SubjectPublicKeyInfo, key.Approval.Person.Identifier, cancellation);

    /// <summary>For one session, on the Provider's statement about the person, whom the certificate names.</summary>
    public Task<CertificateAnswer> Certify(SessionKey key, string statement, CancellationToken cancellation) =>
        Certify(JsonSerializer.SerializeToUtf8Bytes(new { statement, csr = Convert.ToBase64String(key.CertificationRequest.Span) }), key.SubjectPublicKeyInfo, null, cancellation);

    /// <summary>EN 319 412-1 5.1.3: the semantic identifier of the certificate's subject; null when it has none or several.</summary>
    public static string? PersonOf(Certificate certificate)
    {
        using var framework = X509CertificateLoader.LoadCertificate(certificate.Raw.Span);
        return framework.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value == SerialNumberAttribute)
            .Select(name => name.GetSingleElementValue()).ToArray() is [{ } only] ? only : null;
    }

    private async Task<CertificateAnswer> Certify(byte[] body, ReadOnlyMemory<byte> key, string? identifier, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Authority, "certificates")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", client.RequestToken(settings.Authority, body));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            return response.StatusCode == HttpStatusCode.Created
                ? Check(Read(answer.RootElement), key, identifier)
                : Refusal(response.StatusCode, answer.RootElement);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or CryptographicException or MalformedException
            || e is OperationCanceledException)
        {
            return new CertificateAnswer.Refused(FailureReason.AuthorityUnavailable, e.GetType().Name);
        }
    }

    private static CertificateAnswer.Refused Refusal(HttpStatusCode status, JsonElement answer)
    {
        var error = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var word) ? word.GetString() : null;
        return (status, error) switch
        {
            (_, "approval_used") => new CertificateAnswer.Refused(FailureReason.ApprovalUsed, "approval_used"),
            (_, "approval_expired") => new CertificateAnswer.Refused(FailureReason.ApprovalExpired, "approval_expired"),
            ( >= HttpStatusCode.InternalServerError, _) => new CertificateAnswer.Refused(FailureReason.AuthorityUnavailable, $"status_{(int)status}"),
            (_, "invalid_evidence" or "invalid_client" or "invalid_request") => new CertificateAnswer.Refused(FailureReason.AuthorityRefused, error),
            _ => new CertificateAnswer.Refused(FailureReason.AuthorityRefused, $"status_{(int)status}"),
        };
    }

    private static PersonCertificate Read(JsonElement answer)
    {
        var chain = answer.GetProperty("chain");
        if (chain.GetArrayLength() > LongestChain)
            throw new FormatException("The chain is too long.");
        return new PersonCertificate(Load(answer.GetProperty("certificate")), [.. chain.EnumerateArray().Select(Load)]);
    }

    private static Certificate Load(JsonElement certificate) => Certificate.Parse(certificate.GetBytesFromBase64());

    /// <summary>The Authority is trusted to certify, not to be free of mistakes: a wrong certificate would spoil the signature for good.</summary>
    private CertificateAnswer Check(PersonCertificate certificate, ReadOnlyMemory<byte> key, string? identifier)
    {
        if (!certificate.Leaf.PublicKey.Raw.Span.SequenceEqual(key.Span))
            return Wrong("certificate_other_key");
        if (PersonOf(certificate.Leaf) is not { } named || (identifier is not null && named != identifier))
            return Wrong("certificate_other_person");
        return trust.Leads(certificate.Leaf.Raw, certificate.Chain.Select(issuer => issuer.Raw), time.GetUtcNow())
            ? new CertificateAnswer.Issued(certificate)
            : Wrong("certificate_not_trusted");
    }

    private static CertificateAnswer.Refused Wrong(string detail) => new(FailureReason.AuthorityRefused, detail);
}
