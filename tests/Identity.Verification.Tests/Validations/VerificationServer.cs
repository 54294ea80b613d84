using System.Net.Http.Headers;
using Identity.Verification.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;

namespace Identity.Verification.Tests.Validations;

/// <summary>The service as it is deployed, on a free port, with a small cap so that going over it is cheap.</summary>
public sealed class VerificationServer(Hierarchy hierarchy) : IAsyncLifetime
{
    public const int MaxFileBytes = 200_000;

    private WebApplication? app;
    private string? trust;

    /// <summary>Further settings.</summary>
    public string[] Settings { get; init; } = [];

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => Client.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        trust = Directory.CreateTempSubdirectory("identity-trust-").FullName;
        File.Copy(hierarchy.Pki.CertificatePath("root-ca"), Path.Combine(trust, "root-ca.cer.pem"));
        app = VerificationApp.Build(
        [
            "--environment=Development", "--urls=http://127.0.0.1:0", "--Verification:PublicAddress=http://localhost:5300/", $"--Verification:TrustDirectories:0={trust}",
            $"--Verification:MaxFileBytes={MaxFileBytes}", "--Logging:LogLevel:Default=Warning", .. Settings,
        ]);
        await app.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public async Task<HttpResponseMessage> Upload(byte[] file, string path = "/v1/validations", string name = "deed.pdf", string field = "file", string? language = null, string? password = null,
        bool passwordFirst = false, string? code = null)
    {
        using var document = new ByteArrayContent(file);
        document.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using var form = new MultipartFormDataContent();
        if (password is not null && passwordFirst)
            form.Add(new StringContent(password), "password");
        form.Add(document, field, name);
        if (code is not null)
            form.Add(new StringContent(code), "sha256");
        if (password is not null && !passwordFirst)
            form.Add(new StringContent(password), "password");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
        if (language is not null)
            request.Headers.AcceptLanguage.ParseAdd(language);
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app!.DisposeAsync();
        Directory.Delete(trust!, recursive: true);
    }
}
