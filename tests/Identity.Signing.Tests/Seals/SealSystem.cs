using System.Net;
using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Seals;

/// <summary>A Signing service with seals: the Land Registry may use two, the Tax Portal one of its own.</summary>
public sealed class SealSystem : IAsyncLifetime
{
    public const string Seal = "registry-seal";

    public SigningSystem Plain { get; } = new();

    public SigningSystem Service { get; private set; } = null!;

    public OpensslPki Pki => Plain.Pki;

    public static string[] Settings(string name = Seal, string agency = "land-registry", int at = 0) => [$"--Signing:Seals:{at}:Name={name}", $"--Signing:Seals:{at}:Agencies:0={agency}"];

    public async ValueTask InitializeAsync()
    {
        await Plain.InitializeAsync();
        Pki.CertifySeal(Seal, OpensslKey.P256);
        Pki.CertifySeal("deeds-seal", OpensslKey.Rsa3072, "/C=XX/O=Deeds Office/organizationIdentifier=NTRXX-70000002/CN=Deeds Office Seal");
        Pki.CertifySeal("tax-seal", OpensslKey.P384, "/C=XX/O=Tax Office/organizationIdentifier=NTRXX-70000003/CN=Tax Office Seal");
        Service = await Plain.StartAnotherOn(Pki.PathOf("sealing"),
            [.. Settings(), .. Settings("deeds-seal", at: 1), .. Settings("tax-seal", "tax-portal", 2), "--Signing:Agencies:0:LowestLevel=B-B"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Plain.DisposeAsync();
    }

    /// <summary>POST /seals; fields with null are left out.</summary>
    public static async Task<HttpResponseMessage> Post(SigningSystem service, byte[] document, string? seal = null, string? level = null, string client = "land-registry", string? more = null, string? password = null)
    {
        using var agency = service.AgencyClient(service.Provider.AccessToken(service.Address, client: client));
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in new[] { ("seal", seal), ("level", level), ("more", more), ("document_password", password) })
        {
            if (value is not null)
                form.Add(new StringContent(value), name);
        }

        form.Add(new ByteArrayContent(document), "document", "deed.pdf");
        return await agency.PostAsync("seals", form, SigningSystem.Cancellation);
    }

    public static async Task<byte[]> Sealed(SigningSystem service, byte[] document, string? seal = Seal, string? level = null)
    {
        using var answer = await Post(service, document, seal, level);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        return await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
    }
}
