using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Identity.Signing.Tests;

/// <summary>Certificates by the framework's own builder, time-stamps by `openssl ts`: none of the product's code.</summary>
public sealed class StandInAuthority : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly OpensslPki pki;
    private readonly SemaphoreSlim oneTimestamp = new(1, 1);
    private int requests;
    private int timestamps;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> lists = new();
    private int ocspRequests;

    private StandInAuthority(WebApplication app, string address, OpensslPki pki) => (this.app, Address, this.pki) = (app, address, pki);

    public string Address { get; }

    /// <summary>Waited for before anything is answered: what is asked for (certificate, time-stamp, status, list), and how often it was by now.</summary>
    public Func<string, int, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Answers POST /certificates in place of a certificate.</summary>
    public Func<HttpContext, Task<IResult?>> Certificates { get; set; } = _ => Task.FromResult<IResult?>(null);

    /// <summary>Whom the certificate names in place of the one in the evidence.</summary>
    public string? OtherIdentifier { get; set; }

    /// <summary>Certifies a key of its own.</summary>
    public bool OtherKey { get; set; }

    /// <summary>Changes the query before openssl answers it.</summary>
    public Func<byte[], byte[]> Query { get; set; } = query => query;

    /// <summary>Changes the answer of openssl.</summary>
    public Func<byte[], byte[]> Reply { get; set; } = reply => reply;

    public string ReplyType { get; set; } = "application/timestamp-reply";

    public int TimestampStatus { get; set; } = 200;

    /// <summary>As faketime has it: "+2 hours".</summary>
    public string? Clock { get; set; }

    /// <summary>Another hierarchy stamps.</summary>
    public OpensslPki? OtherTsa { get; set; }

    /// <summary>Path of certificates (PEM) that each token encloses beside the usual ones.</summary>
    public string? MoreCertificates { get; set; }

    public int OcspStatus { get; set; } = 200;

    /// <summary>Changes the answer of openssl.</summary>
    public Func<byte[], byte[]> OcspReply { get; set; } = reply => reply;

    public int ListStatus { get; set; } = 200;

    /// <summary>Answers in place of the list of that name.</summary>
    public Func<string, byte[]?> Lists { get; set; } = _ => null;

    /// <summary>What the last person's certificate names in place of the addresses here.</summary>
    public string? OtherStatusAddress { get; set; }

    /// <summary>The responder does not know the certificates that are issued from now on.</summary>
    public bool Forgets { get; set; }

    /// <summary>Certificates are revoked as soon as they are issued.</summary>
    public bool Revokes { get; set; }

    /// <summary>Another hierarchy answers OCSP requests.</summary>
    public OpensslPki? OtherResponder { get; set; }

    public int OcspRequests => ocspRequests;

    public int CertificateRequests => requests;

    public int TimestampRequests => timestamps;

    public static async Task<StandInAuthority> Start(OpensslPki pki, string address, X509Certificate2? tls = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.ConfigureHttpsDefaults(https => https.ServerCertificate = tls));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(address.TrimEnd('/'));
        var authority = new StandInAuthority(app, address, pki);
        app.MapPost("/certificates", (Delegate)authority.Certify);
        app.MapPost("/tsa", (Delegate)authority.Stamp);
        app.MapPost("/ocsp", (Delegate)authority.Answer);
        app.MapGet("/crl/{name}.crl", (Delegate)authority.List);
        await app.StartAsync();
        return authority;
    }

    public void Reset()
    {
        (Before, Certificates) = ((_, _) => Task.CompletedTask, _ => Task.FromResult<IResult?>(null));
        (OtherIdentifier, OtherKey, Query, Reply, ReplyType, TimestampStatus, Clock, OtherTsa) =
            (null, false, query => query, reply => reply, "application/timestamp-reply", 200, null, null);
        requests = timestamps = ocspRequests = 0;
        (OcspStatus, OcspReply, ListStatus, Lists, OtherStatusAddress) = (200, reply => reply, 200, _ => null, null);
        (Forgets, Revokes, OtherResponder, MoreCertificates) = (false, false, null, null);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        oneTimestamp.Dispose();
    }

    private async Task<IResult> Certify(HttpContext context)
    {
        await Before("certificate", Interlocked.Increment(ref requests));
        return await Certificates(context) ?? await Issue(context, pki, this);
    }

    private async Task<IResult> Answer(HttpContext context)
    {
        await Before("status", Interlocked.Increment(ref ocspRequests));
        if (OcspStatus != 200)
            return Results.StatusCode(OcspStatus);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return Results.Bytes(OcspReply((OtherResponder ?? pki).AnswerOcsp(body.ToArray())), "application/ocsp-response");
    }

    // Lists are kept, as an authority keeps them: openssl takes a while for each.
    private IResult List(string name) => ListStatus != 200 ? Results.StatusCode(ListStatus)
        : name is "root-ca" or "issuing-ca" ? Results.Bytes(Lists(name) ?? lists.GetOrAdd(name, pki.RevocationList), "application/pkix-crl")
        : Results.NotFound();

    /// <summary>What an authority of another hierarchy would answer.</summary>
    public static Task<IResult> CertifyUnder(OpensslPki hierarchy, HttpContext context) => Issue(context, hierarchy, null);

    private static async Task<IResult> Issue(HttpContext context, OpensslPki pki, StandInAuthority? settings)
    {
        var body = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!;
        var claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars((body["evidence"] ?? body["statement"])!.GetValue<string>().Split('.')[1]))!["person"]!;
        var csr = Convert.FromBase64String(body["csr"]!.GetValue<string>());
        // The framework knows no Ed25519: openssl looks at those.
        var isEdwards = csr.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x06, 0x03, 0x2b, 0x65, 0x70]) >= 0;
        var asked = CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256, isEdwards ? CertificateRequestLoadOptions.SkipSignatureValidation : CertificateRequestLoadOptions.Default);
        if (isEdwards && !pki.Openssl("req", "-inform", "DER", "-in", pki.Write("edwards.csr", csr), "-noout", "-verify").Text.Contains("verify OK", StringComparison.Ordinal))
            return Results.BadRequest();

        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.Add("2.5.4.5", settings?.OtherIdentifier ?? claims["identifier"]!.GetValue<string>(), System.Formats.Asn1.UniversalTagNumber.PrintableString);
        subject.Add("2.5.4.42", claims["given_name"]!.GetValue<string>());
        subject.Add("2.5.4.4", claims["family_name"]!.GetValue<string>());
        subject.AddCommonName($"{claims["given_name"]} {claims["family_name"]}");
        subject.AddCountryOrRegion("XX");
        var request = new CertificateRequest(subject.Build(), settings?.OtherKey == true ? new PublicKey(own) : asked.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if ((settings?.OtherStatusAddress ?? settings?.Address) is { } status)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([status + "ocsp"], null));
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([status + "crl/issuing-ca.crl"]));
        }
        // A certificate for a session of remote signing names none.
        if (body["evidence"] is { } ofDocuments)
            request.CertificateExtensions.Add(ApprovedDocuments(ofDocuments.GetValue<string>()));
        using var issuer = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(pki.CertificatePath("issuing-ca")));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(pki.KeyPath("issuing-ca")));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddMinutes(-1), now.AddMinutes(15), RandomNumberGenerator.GetBytes(16));
        if (settings?.Forgets != true)
            pki.SetStatus(certificate.SerialNumber, settings?.Revokes == true);
        return Results.Json(
            new
            {
                serial = certificate.SerialNumber,
                certificate = Convert.ToBase64String(certificate.RawData),
                chain = new[] { Convert.ToBase64String(pki.Certificate("issuing-ca")), Convert.ToBase64String(pki.Certificate("root-ca")) },
            },
            statusCode: 201);
    }

    // SEQUENCE OF OCTET STRING, as the Authority writes it.
    private static X509Extension ApprovedDocuments(string evidence)
    {
        var payload = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(evidence.Split('.')[1]))!;
        var approval = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload["approval"]!.GetValue<string>()))!;
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var document in approval["documents"]!.AsArray())
                writer.WriteOctetString(System.Buffers.Text.Base64Url.DecodeFromChars(document!["sha256"]!.GetValue<string>()));
        }

        return new X509Extension("1.3.6.1.4.1.99999.2.1", writer.Encode(), false);
    }

    private async Task<IResult> Stamp(HttpContext context)
    {
        await Before("time-stamp", Interlocked.Increment(ref timestamps));
        if (TimestampStatus != 200)
            return Results.StatusCode(TimestampStatus);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await oneTimestamp.WaitAsync();
        try
        {
            return Results.Bytes(Reply(StampWith(OtherTsa ?? pki, Query(body.ToArray()))), ReplyType);
        }
        finally
        {
            oneTimestamp.Release();
        }
    }

    private byte[] StampWith(OpensslPki by, byte[] query)
    {
        by.Write("query.tsq", query);
        File.WriteAllText(by.PathOf("chain.pem"), File.ReadAllText(by.CertificatePath("issuing-ca")) + (MoreCertificates is null ? "" : File.ReadAllText(MoreCertificates)));
        File.WriteAllText(by.PathOf("tsa.cnf"), $"""
            [tsa]
            default_tsa = it
            [it]
            serial = {by.PathOf("tsa.serial")}
            signer_cert = {by.CertificatePath("tsa")}
            certs = {by.PathOf("chain.pem")}
            signer_key = {by.KeyPath("tsa")}
            signer_digest = sha256
            default_policy = 1.3.6.1.4.1.99999.1
            digests = sha256
            accuracy = secs:1
            ess_cert_id_chain = no
            ess_cert_id_alg = sha256

            """);
        string[] reply = ["openssl", "ts", "-reply", "-config", by.PathOf("tsa.cnf"), "-queryfile", by.PathOf("query.tsq"), "-out", by.PathOf("reply.tsr")];
        var made = Clock is null
            ? Tool.RunWith("openssl", reply[1..], workingDirectory: by.Folder)
            : Tool.RunWith("faketime", ["-f", Clock, .. reply], workingDirectory: by.Folder);
        return made.ExitCode == 0 ? File.ReadAllBytes(by.PathOf("reply.tsr")) : throw new InvalidOperationException(made.Text);
    }
}
