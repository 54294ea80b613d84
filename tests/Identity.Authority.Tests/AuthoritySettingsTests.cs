using Microsoft.EntityFrameworkCore;
using Identity.Keys;
using Identity.TestKit.Pki;
using Microsoft.AspNetCore.Builder;
using Identity.TestKit;

namespace Identity.Authority.Tests;

public sealed class AuthoritySettingsTests
{
    [Theory]
    [InlineData("PublicAddress", null, "PublicAddress must be an absolute http(s) address")]
    [InlineData("PublicAddress", "http://localhost:5100", null)]
    [InlineData("PublicAddress", "ftp://localhost/", "PublicAddress must be an absolute http(s) address")]
    [InlineData("PublicAddress", "http://localhost/a?b=", "PublicAddress must be an absolute http(s) address")]
    [InlineData("Provider", "localhost", "Provider must be an absolute http(s) address")]
    [InlineData("Database", "", "Database is missing")]
    [InlineData("Audit", "", "Audit is missing")]
    [InlineData("Keys", "", "Keys is missing")]
    [InlineData("ClientKey", "", "ClientKey is missing")]
    [InlineData("Person:Validity", "00:00:59", "Person:Validity must be from 00:01:00")]
    [InlineData("Person:Validity", "1.00:00:01", "Person:Validity must be from 00:01:00 to 1.00:00:00")]
    [InlineData("Person:Policy", "policy", "Person:Policy must be an object identifier")]
    [InlineData("Database", "file.db", "Database must be a connection string: Host=... for PostgreSQL, Data Source=... for SQLite.")]
    [InlineData("Person:Keys:0", "Rsa2048", "Person:Keys must be among EcdsaP256, EcdsaP384, Rsa3072, Ed25519.")]
    [InlineData("Person:Qualified:Device", "true", "Person:Qualified:Device is claimed without Compliance.")]
    [InlineData("Person:Qualified:Compliance", "true", "Person:Qualified:Disclosures must have one in English (en) when Compliance is claimed.")]
    [InlineData("Person:Qualified:RetentionYears", "101", "Person:Qualified:RetentionYears must be from 0 to 100.")]
    [InlineData("Person:Qualified:Disclosures:en", "http://terms.example/", "Person:Qualified:Disclosures:en must be an https address of at most 200 characters.")]
    [InlineData("Person:Qualified:Disclosures:EN", "https://terms.example/", "Person:Qualified:Disclosures must be named by a language of two small letters")]
    [InlineData("Issuers:0:Name", "", "Issuers:0:Name is missing.")]
    [InlineData("Issuers:0:Name", "people-ca", "Issuers:0:Responder is missing.")]
    [InlineData("OcspNeverIssued", "good", "OcspNeverIssued must be unknown or revoked.")]
    [InlineData("TrustedClock", "Rumour", "TrustedClock must be one of Kernel, File, Unchecked.")]
    [InlineData("TrustedClock", "File", "ClockFile is missing.")]
    [InlineData("RevocationListShards", "65", "RevocationListShards must be from 0 to 64.")]
    [InlineData("RevocationListShards", "-1", "RevocationListShards must be from 0 to 64.")]
    [InlineData("TimestampAccuracySeconds", "0", "TimestampAccuracySeconds must be from 1 to 60")]
    [InlineData("RevocationListValidity", "00:01:00", "RevocationListValidity must be from 00:10:00")]
    public void A_wrong_setting_is_refused_by_name(string setting, string? value, string? refusal)
    {
        string[] args = ["--environment=Development", $"--Authority:{setting}={value}"];
        if (refusal is null) AuthorityApp.Build(args);
        else Assert.StartsWith("Authority:" + refusal, Assert.Throws<AuthoritySettingsException>(() => AuthorityApp.Build(args)).Message);
    }

    [Theory]
    [InlineData("People,Friends", "Issuers:1:Certifies must be one of People, Seals, Services.")]
    [InlineData("Seals,Services", "Issuers must have exactly one that certifies People.")]
    [InlineData("People,People", "Issuers must have exactly one that certifies People.")]
    [InlineData("People,Seals,Seals", "Issuers has more than one that certifies Seals.")]
    [InlineData("People,Seals,Services", null)]
    public void Issuing_authorities_are_one_for_people_and_at_most_one_for_seals(string certifies, string? refusal)
    {
        string[] args = ["--environment=Development", .. certifies.Split(',').SelectMany((c, i) => new[]
            { $"--Authority:Issuers:{i}:Name=ca-{i}", $"--Authority:Issuers:{i}:Responder=ocsp-{i}", $"--Authority:Issuers:{i}:Certifies={c}" })];
        if (refusal is null) AuthorityApp.Build(args);
        else Assert.Equal("Authority:" + refusal, Assert.Throws<AuthoritySettingsException>(() => AuthorityApp.Build(args)).Message);
    }

    [Fact]
    public void One_key_for_two_purposes_is_refused_by_name()
    {
        string[] args = ["--environment=Development", "--Authority:Issuers:0:Name=ca", "--Authority:Issuers:0:Responder=ca", "--Authority:Issuers:0:Certifies=People"];
        Assert.Equal("Authority:Issuers name 'ca' for two things; each key has one purpose.", Assert.Throws<AuthoritySettingsException>(() => AuthorityApp.Build(args)).Message);
    }

    [Theory]
    [InlineData("PublicAddress", "http://authority.example/", "PublicAddress must be an https address in production.")]
    [InlineData("PublicAddress", "http://localhost:5100/", "PublicAddress must be an https address in production.")]
    [InlineData("Provider", "http://provider.example/", "Provider must be an https address in production.")]
    [InlineData("Person:Policy", "1.3.6.1.4.1.99999.1.1", "Person:Policy is an example")]
    [InlineData("ApprovedDocumentsExtension", "1.3.6.1.4.1.99999.2.1", "ApprovedDocumentsExtension is an example")]
    [InlineData("TimestampPolicy", "1.3.6.1.4.1.99999.1.2", "TimestampPolicy is an example")]
    [InlineData("TrustedClock", "Unchecked", "TrustedClock is Unchecked, which is for development")]
    public void Production_refuses_what_is_for_development(string setting, string value, string refusal)
    {
        Dictionary<string, string> good = new()
        {
            ["PublicAddress"] = "https://authority.example/", ["Provider"] = "https://provider.example/", ["Person:Policy"] = "1.2.3.4", ["ApprovedDocumentsExtension"] = "1.2.3.6", ["TimestampPolicy"] = "1.2.3.5",
            ["StatusAddress"] = "http://status.example/", ["TrustedClock"] = "Kernel",
        };
        AuthorityApp.Build(Args(good));
        good[setting] = value;
        Assert.StartsWith("Authority:" + refusal, Assert.Throws<AuthoritySettingsException>(() => AuthorityApp.Build(Args(good))).Message);

        static string[] Args(Dictionary<string, string> settings) => ["--environment=Production", .. settings.Select(s => $"--Authority:{s.Key}={s.Value}")];
    }

    [Theory]
    [InlineData("Production")]
    // A name that somebody made up or misspelt must not open what Production closes.
    [InlineData("Prod")]
    public async Task Production_refuses_development_keys_by_name(string environment)
    {
        await using var system = new AuthoritySystem();
        await using var app = AuthorityApp.Build([.. system.Settings, "--environment=" + environment, "--Authority:PublicAddress=https://authority.example/",
            "--Authority:Provider=https://provider.example/", "--Authority:Person:Policy=1.2.3.4", "--Authority:ApprovedDocumentsExtension=1.2.3.6", "--Authority:TimestampPolicy=1.2.3.5", "--Authority:TrustedClock=Kernel"]);
        Assert.Equal("issuing-ca", (await Assert.ThrowsAsync<DevelopmentKeyRefusedException>(() => app.StartAsync())).KeyName);
    }

    [Theory]
    [InlineData("ocsp", "extendedKeyUsage=serverAuth\n", "The certificate 'ocsp' is not for signing OCSP answers.")]
    [InlineData("tsa", "extendedKeyUsage=timeStamping\n", "The certificate 'tsa' is not for time-stamping alone.")]
    [InlineData("tsa", "extendedKeyUsage=critical,timeStamping,serverAuth\n", "The certificate 'tsa' is not for time-stamping alone.")]
    public async Task A_certificate_for_another_purpose_is_found_at_the_start(string name, string extension, string refusal)
    {
        await using var system = new AuthoritySystem();
        system.Pki.Certify(name, OpensslKey.P256, "/C=XX/O=Identity Test/CN=x", extension, "issuing-ca", name == "ocsp" ? "OcspResponder" : "Timestamping");
        Assert.Equal(refusal, (await Assert.ThrowsAsync<KeyRingException>(() => Start(system))).Message);
    }

    [Fact]
    public async Task A_key_that_does_not_belong_to_its_certificate_is_found_at_the_start()
    {
        await using var system = new AuthoritySystem();
        system.Pki.MakeKey("tsa", OpensslKey.P256, "Timestamping");
        Assert.Equal("Key and certificate 'tsa' do not belong together.", (await Assert.ThrowsAsync<KeyRingException>(() => Start(system))).Message);
    }

    [Fact]
    public async Task Two_copies_start_on_one_empty_database()
    {
        await using var system = new AuthoritySystem();
        string[] Copy(int number) => [.. system.Settings, $"--urls=http://localhost:{FreePort.Next()}", $"--Authority:Audit={system.Pki.PathOf($"copy-{number}.jsonl")}"];
        await using var first = AuthorityApp.Build(Copy(1));
        await using var second = AuthorityApp.Build(Copy(2));
        await Task.WhenAll(Task.Run(() => first.StartAsync()), Task.Run(() => second.StartAsync()));
        await using var database = system.Database();
        Assert.Equal(3, database.Certificates.Count());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(((Microsoft.Data.Sqlite.SqliteConnection)database.Database.GetDbConnection()).DataSource));
    }

    private static async Task Start(AuthoritySystem system)
    {
        await using var app = AuthorityApp.Build(system.Settings);
        await app.StartAsync();
    }
}
