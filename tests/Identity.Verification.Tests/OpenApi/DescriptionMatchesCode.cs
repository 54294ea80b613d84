using System.Net.Http.Json;
using System.Text.Json;
using Identity.Verification.Reports;
using Identity.Verification.Siva;
using Identity.Verification.Tests.Validations;
using Identity.Verification.Validations;
using Microsoft.AspNetCore.Routing;
using System.Text.Json.Serialization;

namespace Identity.Verification.Tests.OpenApi;

/// <summary>The description says what the code does: the same routes, the same members.</summary>
public sealed class DescriptionMatchesCode(VerificationServer server) : IClassFixture<VerificationServer>
{
    [Fact]
    public async Task Describes_every_route()
    {
        var description = await server.Client.GetFromJsonAsync<JsonElement>(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("3.1.0", description.GetProperty("openapi").GetString());
        Assert.Equal(["/v1/validations", "/validate", "/validateHashcode", "/getDataFiles", "/monitoring/health", "/monitoring/heartbeat", "/monitoring/version"], description.GetProperty("paths").EnumerateObject().Select(path => path.Name));
    }

    public static TheoryData<Type> Described() => new(
        typeof(ValidationReport), typeof(ReportError), typeof(PolicyReport), typeof(SignatureReport), typeof(MessageReport), typeof(TimestampReport), typeof(CertificateReport),
        typeof(RevocationReport), typeof(RevisionReport), typeof(ChangeReport), typeof(RefusedRequest), typeof(SivaRequest), typeof(SivaHashcodeRequest), typeof(SivaSignatureFile), typeof(SivaDataFile), typeof(SivaDataFilesRequest), typeof(SivaErrors), typeof(SivaError), typeof(SivaAnswer),
        typeof(SivaReport), typeof(SivaConclusion), typeof(SivaPolicy), typeof(SivaDocument), typeof(SivaContent), typeof(SivaSignature), typeof(SivaSubject), typeof(SivaScope),
        typeof(SivaInfo), typeof(SivaArchiveTimestamp), typeof(SivaSignerRole), typeof(SivaCertificate), typeof(SivaIssuer), typeof(SivaTimestamp),
        typeof(SivaHealth), typeof(SivaHealthComponents), typeof(SivaHealthOfService), typeof(SivaHealthDetails), typeof(SivaHeartbeat), typeof(SivaVersion));

    [Theory]
    [MemberData(nameof(Described))]
    public async Task Describes_every_member_of_an_answer(Type type)
    {
        var description = await server.Client.GetFromJsonAsync<JsonElement>(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken);
        var schema = description.GetProperty("components").GetProperty("schemas").GetProperty(type.Name);
        var members = type.GetProperties()
            .Where(property => property.GetCustomAttributes(typeof(JsonIgnoreAttribute), false).Length == 0)
            .Select(property => ((JsonPropertyNameAttribute?)property.GetCustomAttributes(typeof(JsonPropertyNameAttribute), false).FirstOrDefault())?.Name
                ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name));
        Assert.Equal(members.Order(), schema.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order());
    }
}
