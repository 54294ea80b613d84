using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Authority.Ceremony;
using Identity.Pkix.Crl;
using Identity.Pkix.X509;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Authority.Tests.Ceremony;

/// <summary>The hierarchy by its commands: the root's folder and the service's folder are two machines, and only requests and certificates go between them.</summary>
public sealed class CeremonyTests : IDisposable
{
    private const string Settings =
        """
        { "Ceremony": {
          "StatusAddress": "http://status.example/", "Country": "EE", "Organization": "State Trust Office", "OrganizationIdentifier": "NTREE-70000001",
          "Root": { "CommonName": "State Root 2026", "Key": "EcdsaP384", "Days": 7300 },
          "Authorities": [
            { "Name": "issuing-ca", "CommonName": "State People 2026", "Key": "KEY", "Days": 3650 },
            { "Name": "seals-ca", "CommonName": "State Seals 2026", "Key": "KEY", "Days": 3650 },
            { "Name": "services-ca", "CommonName": "State Services 2026", "Key": "KEY", "Days": 3650 } ],
          "Services": [
            { "Name": "tsa", "CommonName": "State Time 2026", "Key": "EcdsaP256", "Days": 3600, "SigningDays": 1100, "Kind": "Timestamping", "Issuer": "services-ca" },
            { "Name": "ocsp", "CommonName": "OCSP People", "Key": "KEY", "Days": 90, "Kind": "OcspResponder", "Issuer": "issuing-ca" },
            { "Name": "ocsp-seals", "CommonName": "OCSP Seals", "Key": "KEY", "Days": 90, "Kind": "OcspResponder", "Issuer": "seals-ca" },
            { "Name": "ocsp-services", "CommonName": "OCSP Services", "Key": "KEY", "Days": 90, "Kind": "OcspResponder", "Issuer": "services-ca" } ]
        } }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("identity-ceremony-").FullName;
    private int records;

    private string Root => Path.Combine(folder, "root");

    private string Service => Path.Combine(folder, "service");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("EcdsaP256")]
    [InlineData("EcdsaP384")]
    [InlineData("Rsa3072")]
    public async Task A_root_and_three_authorities_stand_up_to_openssl_and_gnutls(string key)
    {
        await Whole(key);
        Assert.False(File.Exists(Path.Combine(Service, "root-ca.key.pem")));
        foreach (var authority in new[] { "issuing-ca", "seals-ca", "services-ca" })
            Assert.EndsWith(": OK", Openssl("verify", "-x509_strict", "-crl_check", "-CRLfile", RootList(), "-CAfile", In(Service, "root-ca.cer.pem"), In(Service, authority + ".cer.pem")), StringComparison.Ordinal);
        foreach (var (service, issuer, purpose) in new[] { ("tsa", "services-ca", "timestampsign"), ("ocsp", "issuing-ca", "ocsphelper"), ("ocsp-seals", "seals-ca", "ocsphelper"), ("ocsp-services", "services-ca", "ocsphelper") })
        {
            Assert.EndsWith(": OK", Openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", In(Service, "root-ca.cer.pem"), "-untrusted", In(Service, issuer + ".cer.pem"), In(Service, service + ".cer.pem")), StringComparison.Ordinal);
            File.WriteAllText(In(folder, "chain.pem"), string.Concat(new[] { service, issuer, "root-ca" }.Select(n => File.ReadAllText(In(Service, n + ".cer.pem")))));
            Assert.Contains("Chain verification output: Verified.", Tool.Run("certtool", "--verify-chain", "--infile", In(folder, "chain.pem")).Text, StringComparison.Ordinal);
        }
        var unit = Openssl("x509", "-in", In(Service, "tsa.cer.pem"), "-noout", "-text");
        Assert.Contains("C = EE, O = State Trust Office, organizationIdentifier = NTREE-70000001, CN = State Time 2026", unit, StringComparison.Ordinal);
        Assert.Contains("URI:http://status.example/crl/services-ca.crl", unit, StringComparison.Ordinal);
        Assert.Contains("Private Key Usage Period", unit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_record_names_who_attended_and_each_certificate_and_the_audit_log_has_its_hash()
    {
        await Whole("EcdsaP256");
        var record = JsonNode.Parse(File.ReadAllText(In(folder, "record-3.json")))!;
        Assert.Equal("authorities", (string)record["ceremony"]!);
        Assert.Equal(["Mari Maasikas, key custodian", "Jaan Tamm, auditor"], record["attendees"]!.AsArray().Select(a => (string)a!));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(In(folder, "settings.json")))), (string)record["settingsSha256"]!);
        foreach (var name in new[] { "issuing-ca", "seals-ca", "services-ca" })
        {
            var made = record["made"]!.AsArray().Single(m => (string)m!["name"]! == name)!;
            var fingerprint = Openssl("x509", "-in", In(Root, name + ".cer.pem"), "-noout", "-fingerprint", "-sha256").Split('=')[1].Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
            Assert.Equal(fingerprint, (string)made["sha256"]!);
        }
        var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(In(folder, "record-3.json"))));
        Assert.Contains(hash, File.ReadAllText(In(Root, "ceremony.jsonl")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EcdsaP256", "EcdsaP384", "ecdsa-with-SHA256", "ecdsa-with-SHA384")]
    [InlineData("EcdsaP384", "EcdsaP384", "ecdsa-with-SHA384", "ecdsa-with-SHA384")]
    [InlineData("Rsa3072", "Rsa3072", "rsassaPss", "rsassaPss")]
    public async Task The_service_runs_on_what_came_out_without_the_roots_key(string key, string rootKey, string signature, string ofRoot)
    {
        await using var system = new AuthoritySystem();
        await Whole(key, rootKey);
        await using var app = AuthorityApp.Build([.. system.Settings, $"--Authority:Keys={Service}", $"--Authority:Database=Data Source={In(folder, "authority.db")}", $"--Authority:Audit={In(folder, "audit.jsonl")}",
            .. new[] { ("issuing-ca", "ocsp", "People"), ("seals-ca", "ocsp-seals", "Seals"), ("services-ca", "ocsp-services", "Services") }.SelectMany((i, n) => new[]
                { $"--Authority:Issuers:{n}:Name={i.Item1}", $"--Authority:Issuers:{n}:Responder={i.Item2}", $"--Authority:Issuers:{n}:Certifies={i.Item3}" })]);
        await app.StartAsync();

        Openssl("ts", "-query", "-data", In(folder, "settings.json"), "-sha256", "-cert", "-out", In(folder, "query.tsq"));
        var (_, reply, _) = await system.Post("tsa", File.ReadAllBytes(In(folder, "query.tsq")), "application/timestamp-query");
        File.WriteAllBytes(In(folder, "reply.tsr"), reply);
        Assert.Contains("Verification: OK", Openssl("ts", "-verify", "-queryfile", In(folder, "query.tsq"), "-in", In(folder, "reply.tsr"), "-CAfile", In(Root, "root-ca.cer.pem")), StringComparison.Ordinal);
        foreach (var (name, issuer) in new[] { ("tsa", "services-ca"), ("ocsp-seals", "seals-ca"), ("ocsp", "issuing-ca") })
        {
            var answer = Openssl("ocsp", "-issuer", In(Service, issuer + ".cer.pem"), "-cert", In(Service, name + ".cer.pem"), "-url", system.Address + "ocsp", "-CAfile", In(Root, "root-ca.cer.pem"),
                "-verify_other", In(Service, issuer + ".cer.pem"), "-resp_text", "-respout", In(folder, name + ".ocsp"));
            Assert.Contains("Response verify OK", answer, StringComparison.Ordinal);
            Assert.Contains(": good", answer, StringComparison.Ordinal);
            Assert.Equal(signature, SignatureAlgorithms(answer)[0]);
            // One bit of the signature, and openssl says so.
            var spoilt = Tool.Run("openssl", "ocsp", "-respin", Spoilt(name + ".ocsp", SignatureOf(File.ReadAllBytes(In(folder, name + ".ocsp")))), "-issuer", In(Service, issuer + ".cer.pem"),
                "-cert", In(Service, name + ".cer.pem"), "-CAfile", In(Root, "root-ca.cer.pem"), "-verify_other", In(Service, issuer + ".cer.pem"), "-no_nonce");
            Assert.Contains("Response Verify Failure", spoilt.Text, StringComparison.Ordinal);
        }
        Assert.Equal(File.ReadAllBytes(In(Service, "root-ca.crl")), await system.Http.GetByteArrayAsync(system.Address + "crl/root-ca.crl"));
        AnAuthorityIsAskedForInTheRootsListAlone(system);
        foreach (var issuer in new[] { "issuing-ca", "seals-ca", "services-ca", "root-ca" })
            await ListVerifies(system, issuer, issuer == "root-ca" ? ofRoot : signature);
        await TheRootsListIsReplacedAndNeverGoesBack(system);
    }

    private void AnAuthorityIsAskedForInTheRootsListAlone(AuthoritySystem system)
    {
        foreach (var authority in new[] { "issuing-ca", "seals-ca", "services-ca" })
        {
            Assert.Equal("", Openssl("x509", "-in", In(Service, authority + ".cer.pem"), "-noout", "-ocsp_uri"));
            Assert.Contains("URI:http://status.example/crl/root-ca.crl", Openssl("x509", "-in", In(Service, authority + ".cer.pem"), "-noout", "-text"), StringComparison.Ordinal);
            // RFC 6960 2.3: not by this responder.
            var answer = Tool.Run("openssl", "ocsp", "-issuer", In(Service, "root-ca.cer.pem"), "-cert", In(Service, authority + ".cer.pem"), "-url", system.Address + "ocsp", "-CAfile", In(Root, "root-ca.cer.pem"));
            Assert.Contains("Responder Error: unauthorized (6)", answer.Text, StringComparison.Ordinal);
        }
    }

    private async Task ListVerifies(AuthoritySystem system, string issuer, string signature)
    {
        var list = In(folder, issuer + ".served.crl");
        File.WriteAllBytes(list, await system.Http.GetByteArrayAsync($"{system.Address}crl/{issuer}.crl"));
        var said = Openssl("crl", "-inform", "DER", "-in", list, "-CAfile", In(Service, issuer + ".cer.pem"), "-noout", "-text");
        Assert.Contains("verify OK", said, StringComparison.Ordinal);
        Assert.All(SignatureAlgorithms(said), algorithm => Assert.Equal(signature, algorithm));
        // RFC 4055 3.1: the salt as long as the hash, all stated.
        if (signature == "rsassaPss")
            Assert.Equal((2, 2), (Count(said, "Hash Algorithm: sha256"), Count(said, "Salt Length: 0x20")));
        Assert.Contains("verify failure", Tool.Run("openssl", "crl", "-inform", "DER", "-in", Spoilt(issuer + ".served.crl", ^1), "-CAfile", In(Service, issuer + ".cer.pem"), "-noout").Text, StringComparison.Ordinal);
    }

    private string Spoilt(string file, Index at)
    {
        var bytes = File.ReadAllBytes(In(folder, file));
        bytes[at] ^= 1;
        File.WriteAllBytes(In(folder, "spoilt"), bytes);
        return In(folder, "spoilt");
    }

    /// <summary>The last octet of the BIT STRING in RFC 6960 BasicOCSPResponse, before the certificates.</summary>
    private static Index SignatureOf(byte[] response)
    {
        var parts = new AsnReader(response, AsnEncodingRules.DER).ReadSequence();
        parts.ReadEncodedValue();
        var bytes = parts.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, true)).ReadSequence();
        bytes.ReadObjectIdentifier();
        var basic = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        basic.ReadEncodedValue();
        basic.ReadEncodedValue();
        var signature = basic.ReadBitString(out _);
        return response.AsSpan().IndexOf(signature) + signature.Length - 1;
    }

    private static List<string> SignatureAlgorithms(string text) => [.. text.Split('\n').Select(line => line.Trim())
        .Where(line => line.StartsWith("Signature Algorithm: ", StringComparison.Ordinal)).Select(line => line["Signature Algorithm: ".Length..])];

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private async Task TheRootsListIsReplacedAndNeverGoesBack(AuthoritySystem system)
    {
        var old = File.ReadAllBytes(In(Service, "root-ca.crl"));
        Assert.Equal((0, ""), await Ceremony("list", Root));
        File.Copy(In(Root, "root-ca.crl"), In(Service, "root-ca.crl"), overwrite: true);
        var next = File.ReadAllBytes(In(Root, "root-ca.crl"));
        for (var i = 0; i < 200 && !(await Served()).AsSpan().SequenceEqual(next); i++) await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(next, await Served());
        File.WriteAllBytes(In(Service, "root-ca.crl"), old);
        await Task.Delay(2500, TestContext.Current.CancellationToken);
        Assert.Equal(next, await Served());

        Task<byte[]> Served() => system.Http.GetByteArrayAsync(system.Address + "crl/root-ca.crl");
    }

    [Fact]
    public async Task The_roots_list_grows_by_a_revoked_authority_and_openssl_finds_error_23()
    {
        await Whole("EcdsaP256");
        var before = List();
        var serial = Certificate.Parse(PemOf(In(Root, "seals-ca.cer.pem"))).SerialHex;
        Assert.Equal((0, ""), await Ceremony("list", Root, "--revoke", serial, "--reason", "cACompromise"));
        var after = List();
        Assert.Equal(before.Number + 1, after.Number);
        Assert.Equal(RevocationReason.CaCompromise, after.Find(SerialNumbers.FromHex(serial))!.Reason);
        Assert.Equal(0, (await Ceremony("list", Root)).Code);
        Assert.Equal(before.Number + 2, List().Number);
        Assert.Single(List().Entries);
        Assert.Contains("error 23", Tool.Run("openssl", "verify", "-crl_check", "-CRLfile", RootList(Root), "-CAfile", In(Root, "root-ca.cer.pem"), In(Root, "seals-ca.cer.pem")).Text, StringComparison.Ordinal);
        Assert.Equal((1, $"{serial} is on the list already."), await Ceremony("list", Root, "--revoke", serial, "--reason", "cACompromise"));
        Assert.StartsWith("A revocation needs --reason", (await Ceremony("list", Root, "--revoke", "0A")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_is_not_replaced_unless_it_is_said_and_the_old_one_stays()
    {
        await Whole("EcdsaP256");
        var old = Certificate.Parse(PemOf(In(Service, "ocsp.cer.pem")));
        Assert.EndsWith("ocsp.cer.pem' is there; --renew replaces it and keeps the old one.", (await Ceremony("services", Service, "--only", "ocsp")).Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), await Ceremony("services", Service, "--only", "ocsp", "--renew"));
        Assert.NotEqual(old.SerialHex, Certificate.Parse(PemOf(In(Service, "ocsp.cer.pem"))).SerialHex);
        Assert.True(File.Exists(In(Service, $"ocsp.{old.SerialHex}.cer.pem")));
        Assert.Equal((1, "'other' is none of the Services."), await Ceremony("services", Service, "--only", "other"));
    }

    [Fact]
    public async Task After_a_crash_the_next_ceremony_stops_at_what_may_have_been_signed()
    {
        await Whole("EcdsaP256");
        File.WriteAllBytes(In(Service, "ocsp.intended.der"), [1]);
        Assert.StartsWith("An issuance of 'ocsp' was cut short and may have been signed", (await Ceremony("services", Service, "--only", "ocsp", "--renew")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("forged", "does not prove possession of its key.")]
    [InlineData("other key", "is not of a key EcdsaP256.")]
    [InlineData("garbage", "cannot be read")]
    [InlineData("missing", "cannot be read")]
    public async Task A_request_that_proves_nothing_is_refused(string what, string refusal)
    {
        Assert.Equal(0, (await Ceremony("root", Root)).Code);
        Assert.Equal(0, (await Ceremony("request", Service)).Code);
        foreach (var name in new[] { "issuing-ca", "seals-ca", "services-ca" }) File.Copy(In(Service, name + ".csr.pem"), In(Root, name + ".csr.pem"));
        var path = In(Root, "seals-ca.csr.pem");
        var der = PemOf(path);
        if (what == "forged") der[^1] ^= 1;
        if (what == "other key") der = PemOf(OtherRequest());
        File.WriteAllText(path, what == "garbage" ? "garbage" : PemEncoding.WriteString("CERTIFICATE REQUEST", der));
        if (what == "missing") File.Delete(path);
        var (code, error) = await Ceremony("authorities", Root);
        Assert.Equal(1, code);
        Assert.Contains(refusal, error, StringComparison.Ordinal);
        Assert.False(File.Exists(In(Root, "seals-ca.cer.pem")));
    }

    [Fact]
    public async Task Without_the_word_development_no_key_is_made_and_a_development_key_is_refused()
    {
        Assert.Contains("'root-ca'", (await Ceremony("root", Root, production: true)).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(In(Root, "root-ca.key.pem")));
        Assert.Equal(0, (await Ceremony("root", Root)).Code);
        Assert.Equal((1, "Key 'root-ca' is a development key and is refused in production."), await Ceremony("list", Root, production: true));
    }

    [Fact]
    public async Task Too_few_people_and_a_record_that_is_there_are_refused()
    {
        WriteSettings("EcdsaP256");
        string[] args = ["root", "--settings", In(folder, "settings.json"), "--keys", Root, "--development", "--record", In(folder, "r.json")];
        Assert.Equal((1, "2 people attend at least; 0 are named."), await Run(args));
        Assert.Equal((1, "2 people attend at least; 1 are named."), await Run([.. args, "--attendee", "Mari", "--attendee", "mari"]));
        Assert.Equal((1, "An attendee is 1 to 100 characters that can be shown."), await Run([.. args, "--attendee", "Mari\u202E", "--attendee", "Jaan"]));
        File.WriteAllText(In(folder, "r.json"), "");
        Assert.EndsWith("r.json' is there; each ceremony has its own.", (await Run([.. args, "--attendee", "Mari", "--attendee", "Jaan"])).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("party", "--keys", "x")]
    [InlineData("root", "--settings", "x", "--keys", "x", "--record", "x", "--only", "ocsp")]
    [InlineData("services", "--settings", "x", "--keys", "x", "--record", "x", "--revoke", "0A")]
    [InlineData("root", "--settings", "x", "--keys", "x", "--record")]
    [InlineData("root", "--settings", "x", "--keys", "x", "--recrod", "x")]
    public async Task Wrong_usage_is_2(params string[] args) => Assert.Equal(2, (await Run(args)).Code);

    [Theory]
    [InlineData("\"Country\": \"EE\"", "\"Country\": \"Estonia\"", "Ceremony:Country must be two capital letters.")]
    [InlineData("\"StatusAddress\": \"http://status.example/\"", "\"StatusAddress\": \"http://status.example\"", null)]
    [InlineData("\"StatusAddress\": \"http://status.example/\"", "\"StatusAddress\": \"ldap://status.example/\"", "Ceremony:StatusAddress must be an absolute http(s) address that ends with a slash.")]
    [InlineData("\"Organization\": \"State Trust Office\"", "\"Organization\": \" \"", "Ceremony:Organization must be 1 to 64 characters that can be shown.")]
    [InlineData("\"Days\": 7300", "\"Days\": 10981", "Ceremony:Root:Days must be from 1 to 10980.")]
    [InlineData("\"Days\": 3650", "\"Days\": 5491", "Ceremony:Authorities:0:Days must be from 1 to 5490.")]
    [InlineData("\"Days\": 90", "\"Days\": 733", "Ceremony:Services:1:Days must be from 1 to 732.")]
    [InlineData("\"SigningDays\": 1100", "\"SigningDays\": 3600", "Ceremony:Services:0:SigningDays must be from 1 to 3599.")]
    [InlineData("\"Kind\": \"Timestamping\"", "\"Kind\": \"OcspResponder\"", "Ceremony:Services:0:Days must be from 1 to 732.")]
    [InlineData("\"Kind\": \"Timestamping\"", "\"Kind\": \"Tls\"", "Ceremony:Services:0:Kind must be Timestamping or OcspResponder.")]
    [InlineData("\"Issuer\": \"services-ca\"", "\"Issuer\": \"root-ca\"", "Ceremony:Services:0:Issuer must name one of the Authorities.")]
    [InlineData("\"Key\": \"EcdsaP384\"", "\"Key\": \"Rsa2048\"", "Ceremony:Root:Key must be EcdsaP256, EcdsaP384 or Rsa3072.")]
    [InlineData("\"CommonName\": \"State Time 2026\", \"Key\": \"EcdsaP256\"", "\"CommonName\": \"State Time 2026\", \"Key\": \"Rsa3072\"", "Ceremony:Services:0:Key must be EcdsaP256 or EcdsaP384 for time-stamping.")]
    [InlineData("\"Name\": \"ocsp-seals\"", "\"Name\": \"ocsp\"", "Ceremony: 'ocsp' is named twice; each key has one purpose.")]
    [InlineData("\"Name\": \"seals-ca\"", "\"Name\": \"../seals\"", "Ceremony:Authorities:1:Name must be 1 to 48 characters of a-z, 0-9 and '-'.")]
    [InlineData("\"Organization\"", "\"LeastAttendees\": 0, \"Organization\"", "Ceremony:LeastAttendees must be from 1 to 20.")]
    [InlineData("\"Organization\"", "\"RootListDays\": 401, \"Organization\"", "Ceremony:RootListDays must be from 1 to 400.")]
    [InlineData("\"Organization\":", "\"Organisation\": \"x\", \"Organization\":", "cannot be read: 'ErrorOnUnknownConfiguration' was set")]
    [InlineData("\"NTREE-70000001\"", "\"70000001\"", "'root-ca' was not signed: subject: identifier is not of the semantic form")]
    public async Task Wrong_settings_are_refused_by_name(string good, string wrong, string? refusal)
    {
        WriteSettings("EcdsaP256");
        var path = In(folder, "settings.json");
        var text = File.ReadAllText(path);
        var at = text.IndexOf(good, StringComparison.Ordinal);
        File.WriteAllText(path, string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + good.Length)));
        var (code, error) = await Run("root", "--settings", path, "--keys", Root, "--development", "--record", In(folder, "r.json"), "--attendee", "Mari", "--attendee", "Jaan");
        // An address without a path ends with a slash by itself.
        if (refusal is null) Assert.Equal((0, ""), (code, error));
        else Assert.Contains(refusal, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_made_is_in_the_audit_log_before_and_after_and_its_chain_holds()
    {
        await Whole("EcdsaP256");
        using var log = AuditLog.Open(In(Root, "ceremony.jsonl"), "authority", TimeProvider.System);
        var lines = File.ReadAllLines(In(Root, "ceremony.jsonl"));
        var serial = Certificate.Parse(PemOf(In(Root, "issuing-ca.cer.pem"))).SerialHex;
        Assert.Equal(2, lines.Count(l => l.Contains(serial, StringComparison.Ordinal) && l.Contains("authority.certificate-issue", StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.Contains("Maasikas", StringComparison.Ordinal));
        // Each key that a ceremony met, also where it was made before.
        var keys = lines.Where(l => l.Contains("authority.ceremony-key", StringComparison.Ordinal)).ToList();
        var root = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Certificate.Parse(PemOf(In(Root, "root-ca.cer.pem"))).PublicKey.Raw.Span));
        Assert.Single(keys, l => l.Contains(root, StringComparison.Ordinal) && l.Contains("\"made\"", StringComparison.Ordinal));
        Assert.Contains(keys, l => l.Contains(root, StringComparison.Ordinal) && l.Contains("\"found\"", StringComparison.Ordinal));
    }

    private async Task Whole(string key, string rootKey = "EcdsaP384")
    {
        WriteSettings(key, rootKey);
        Assert.Equal((0, ""), await Ceremony("root", Root));
        Assert.Equal((0, ""), await Ceremony("request", Service));
        foreach (var request in Directory.GetFiles(Service, "*.csr.pem")) File.Copy(request, In(Root, Path.GetFileName(request)));
        Assert.Equal((0, ""), await Ceremony("authorities", Root));
        foreach (var made in Directory.GetFiles(Root, "*.cer.pem").Append(In(Root, "root-ca.crl"))) File.Copy(made, In(Service, Path.GetFileName(made)));
        Assert.Equal((0, ""), await Ceremony("services", Service));
    }

    private void WriteSettings(string key, string rootKey = "EcdsaP384") => File.WriteAllText(In(folder, "settings.json"), Settings.Replace("KEY", key, StringComparison.Ordinal)
        .Replace("\"State Root 2026\", \"Key\": \"EcdsaP384\"", $"\"State Root 2026\", \"Key\": \"{rootKey}\"", StringComparison.Ordinal));

    private Task<(int Code, string Error)> Ceremony(string step, string keys, params string[] more) => Ceremony(step, keys, production: false, more);

    private Task<(int Code, string Error)> Ceremony(string step, string keys, bool production, params string[] more)
    {
        if (!File.Exists(In(folder, "settings.json"))) WriteSettings("EcdsaP256");
        return Run([step, "--settings", In(folder, "settings.json"), "--keys", keys, "--record", In(folder, $"record-{++records}.json"), "--attendee", "Mari Maasikas, key custodian", "--attendee", "Jaan Tamm, auditor",
            .. production ? Array.Empty<string>() : ["--development"], .. more]);
    }

    private static async Task<(int Code, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CeremonyCommand.Run(args, TimeProvider.System, output, error);
        return (code, error.ToString().Trim());
    }

    private string OtherRequest()
    {
        Tool.Run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", In(folder, "other.key"), "-subj", "/CN=x", "-out", In(folder, "other.csr"));
        return In(folder, "other.csr");
    }

    private CertificateRevocationList List() => CertificateRevocationList.Parse(File.ReadAllBytes(In(Root, "root-ca.crl")));

    private string RootList() => RootList(Service);

    private string RootList(string from)
    {
        Openssl("crl", "-inform", "DER", "-in", In(from, "root-ca.crl"), "-out", In(folder, "root.pem"));
        return In(folder, "root.pem");
    }

    private static byte[] PemOf(string path)
    {
        var pem = File.ReadAllText(path);
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }

    private static string In(string where, string name) => Path.Combine(where, name);

    private static string Openssl(params string[] arguments)
    {
        var result = Tool.Run("openssl", arguments);
        Assert.True(result.ExitCode == 0, $"openssl {string.Join(' ', arguments)}\n{result.Text}");
        return result.Text.Trim();
    }
}
