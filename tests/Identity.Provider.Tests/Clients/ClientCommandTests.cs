using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Audit;
using Identity.Provider.CommandLine;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Clients;

/// <summary>Clients registered, changed and ended by command while the service runs.</summary>
public sealed class ClientCommandTests(RunningProvider provider) : IClassFixture<RunningProvider>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-clients-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_client_of_a_file_signs_people_in_at_once_and_after_a_restart()
    {
        await using var own = await RunningProvider.With();
        var agency = Known(own, "library");
        var added = await Command.Run(own, "client", "add", "--file", File("library", agency.Key));
        Assert.Equal((ProviderCommand.Done, ""), (added.ExitCode, added.Complaints));
        Assert.Equal("library: done\n", added.Output);
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request("openid"))).Status);

        await own.Restart();
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request("openid"))).Status);
        agency.Dispose();
    }

    [Fact]
    public async Task Options_alone_register_and_go_before_the_file()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keys = Write("keys.json", ClientSettings.Jwks(key, "one"));
        var added = await Command.Run(
            provider, "client", "add", "--id", "by-options", "--name", "By Options", "--redirect-uri", "https://options.example/a", "--redirect-uri=https://options.example/b",
            "--scope", "openid profile", "--jwks", keys, "--dpop-bound-access-tokens", "--profile", "fapi2", "--json");
        Assert.True(added.ExitCode == ProviderCommand.Done, added.Complaints);
        Assert.Equal("""{"client_id":"by-options"}""", added.Output.Trim());
        var shown = (await Command.Run(provider, "client", "show", "by-options")).Json.AsObject();
        Assert.Equal(["https://options.example/a", "https://options.example/b"], shown["redirect_uris"]!.AsArray().Select(uri => (string)uri!));
        Assert.Equal(
            ("fapi2", "options.example:443", "openid profile", true, "private_key_jwt", "command", "enabled"),
            ((string)shown["profile"]!, (string)shown["sector"]! + ":443", (string)shown["scope"]!, (bool)shown["dpop_bound_access_tokens"]!, (string)shown["token_endpoint_auth_method"]!, (string)shown["origin"]!, (string)shown["state"]!));
        Assert.Equal("one", (string)shown["jwks"]!["keys"]![0]!["kid"]!);

        var over = await Command.Run(provider, "client", "add", "--file", File("over-file", key), "--id", "over-options");
        Assert.Equal("over-options: done\n", over.Output);
        Assert.Equal("note: by-options", (await Command.Run(
            provider, "client", "add", "--file", File("same-sector", key), "--sector", "options.example")).Complaints[..16]);
    }

    [Fact]
    public async Task A_single_key_becomes_a_set_that_holds_the_key_and_nothing_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var single = JsonNode.Parse(ClientSettings.Jwks(key, "one"))!["keys"]![0]!;
        var added = await Command.Run(
            provider, "client", "add", "--id", "one-key", "--name", "One Key", "--redirect-uri", "https://one-key.example/", "--scope", "openid", "--jwks", Write("one.json", single.ToJsonString()));
        Assert.True(added.ExitCode == ProviderCommand.Done, added.Complaints);
        var shown = (await Command.Run(provider, "client", "show", "one-key")).Json["jwks"]!.AsObject();
        Assert.Equal("keys", Assert.Single(shown).Key);
        Assert.True(JsonNode.DeepEquals(single, Assert.Single(shown["keys"]!.AsArray())), shown.ToJsonString());
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "redirect_uris", """["http://library.example/back"]""", "redirect_uris: http://library.example/back: must be https" },
        { "redirect_uris", """["https://library.example/*"]""", "has a wildcard" },
        { "redirect_uris", """["https://library.example/#x"]""", "has a fragment" },
        { "redirect_uris", """["https://lībrary.example/"]""", "has characters other than ASCII" },
        { "redirect_uris", "\"https://library.example/back\"", "redirect_uris: must be an array" },
        { "redirect_uris", "[1]", "redirect_uris: must be an array" },
        { "redirect_uri", "\"https://library.example/back\"", "members that mean nothing here: redirect_uri" },
        { "client_secret", "\"chosen\"", "members that mean nothing here: client_secret" },
        { "client_id", "\"tax-portal\"", "tax-portal is registered already" },
        { "client_id", "\"a b\"", "client_id: must be 1 to 64" },
        { "client_id", "7", "client_id: must be a string" },
        { "client_name", "\"\"", "client_name: must be" },
        { "scope", "\"openid everything\"", "scope: holds everything" },
        { "profile", "\"fapi2\"", "dpop_bound_access_tokens: or" },
        { "profile", "\"best\"", "profile: must be" },
        { "token_endpoint_auth_method", "\"client_secret_basic\"", "token_endpoint_auth_method: with a secret is for legacy" },
        { "dpop_bound_access_tokens", "\"true\"", "dpop_bound_access_tokens: must be true or false" },
        { "jwks", "\"{}\"", "jwks: must be an object" },
        { "jwks", """{"keys":[{"kty":"oct","k":"AAAA"}]}""", "jwks: holds a private or symmetric" },
        { "backchannel_logout_uri", "\"ftp://library.example/\"", "backchannel_logout_uri: " },
        { "jwks_uri", "\"https://library.example/keys\"", "exactly one of them" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_registration_that_breaks_a_rule_is_refused_with_the_rule(string member, string value, string complaint)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var before = (await Command.Run(provider, "client", "list")).Output;
        var result = await Command.Run(provider, "client", "add", "--file", File("refused", key, document => document[member] = JsonNode.Parse(value)));
        Assert.Equal(ProviderCommand.Refused, result.ExitCode);
        Assert.Contains(complaint, result.Complaints, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
        Assert.Equal(before, (await Command.Run(provider, "client", "list")).Output);
    }

    [Theory]
    [InlineData("not json", "one JSON object")]
    [InlineData("[]", "one JSON object")]
    [InlineData("""{"client_id":"a","client_id":"b"}""", "without repeated names")]
    [InlineData("""{"jwks":{"keys":[{"x":{"x":{"x":{"x":{"x":{}}}}}}]}}""", "one JSON object")]
    public async Task A_file_that_is_no_registration_is_refused(string content, string complaint)
    {
        var result = await Command.Run(provider, "client", "add", "--file", Write("bad.json", content));
        Assert.Equal((ProviderCommand.Refused, ""), (result.ExitCode, result.Output));
        Assert.Contains(complaint, result.Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_may_be_as_large_as_the_cap_and_no_larger()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var text = System.IO.File.ReadAllText(File("at-cap", key));
        var atCap = await Command.Run(provider, "client", "add", "--file", Write("cap.json", text.PadRight(ClientDocument.Longest)));
        Assert.Equal(ProviderCommand.Done, atCap.ExitCode);
        var beyond = await Command.Run(provider, "client", "add", "--id", "beyond", "--file", Write("cap.json", text.PadRight(ClientDocument.Longest + 1)));
        Assert.Equal(ProviderCommand.Refused, beyond.ExitCode);
        Assert.Contains("is larger than", beyond.Complaints, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await Command.Run(provider, "client", "add", "--file", "/nowhere/x.json")).Complaints, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client")]
    [InlineData("client", "invent")]
    [InlineData("client", "add", "--unknown", "x")]
    [InlineData("client", "add", "stray")]
    [InlineData("client", "show")]
    [InlineData("client", "show", "a", "b")]
    [InlineData("client", "add", "--file")]
    [InlineData("client", "list", "--data", "/nowhere")]
    [InlineData("clients")]
    public async Task Wrong_usage_is_told_with_the_right_one(params string[] arguments)
    {
        var result = await Command.Run(arguments);
        Assert.Equal((ProviderCommand.WrongUsage, ""), (result.ExitCode, result.Output));
        Assert.Contains("usage: Identity.Provider", result.Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_made_by_the_command_shown_once_and_stored_as_a_hash()
    {
        var added = await AddWithSecret("with-secret");
        var secret = (string)added.Json["client_secret"]!;
        Assert.Equal(43, secret.Length);
        Assert.DoesNotContain("secret\":", (await Command.Run(provider, "client", "show", "with-secret")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, await System.IO.File.ReadAllTextAsync(Log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await provider.InDatabase(async database =>
        {
            await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={provider.DatabaseFile}");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var query = connection.CreateCommand();
            query.CommandText = "SELECT ClientSecret FROM OpenIddictApplications WHERE ClientId = 'with-secret'";
            var stored = (string)(await query.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            Assert.NotEqual("", stored);
            Assert.DoesNotContain(secret, stored, StringComparison.Ordinal);
        });

        var rotated = await Command.Run(provider, "client", "rotate", "with-secret", "--json");
        Assert.Equal(ProviderCommand.Done, rotated.ExitCode);
        Assert.NotEqual(secret, (string)rotated.Json["client_secret"]!);
    }

    [Fact]
    public async Task Keys_are_changed_with_and_without_overlap()
    {
        using var agency = Known(provider, "rolling");
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Command.Run(provider, "client", "add", "--file", File("rolling", agency.Key));
        var nextKeys = Write("next.json", ClientSettings.Jwks(next, "next"));
        Assert.Equal("invalid_client", (await Push(next)).Error);

        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "rotate", "rolling", "--jwks", nextKeys, "--keep")).ExitCode);
        Assert.Equal(HttpStatusCode.Created, (await Push(next)).Status);
        Assert.Equal(HttpStatusCode.Created, (await Push(agency.Key)).Status);
        var again = await Command.Run(provider, "client", "rotate", "rolling", "--jwks", nextKeys, "--keep");
        Assert.Equal(ProviderCommand.Refused, again.ExitCode);
        Assert.Contains("same kid", again.Complaints, StringComparison.Ordinal);

        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "rotate", "rolling", "--jwks", nextKeys)).ExitCode);
        Assert.Equal(HttpStatusCode.Created, (await Push(next)).Status);
        Assert.Equal("invalid_client", (await Push(agency.Key)).Error);

        Assert.Contains("has no secret", (await Command.Run(provider, "client", "rotate", "rolling")).Complaints, StringComparison.Ordinal);
        Assert.Contains("neither a JWK", (await Command.Run(provider, "client", "rotate", "rolling", "--jwks", Write("bad.json", "[]"))).Complaints, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await Push(next)).Status);

        Task<Reply> Push(ECDsa key) => agency.Push(agency.Request("openid"), agency.Assertion(sign: bytes => key.SignData(bytes, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task The_list_shows_level_and_state_as_a_table_and_as_JSON()
    {
        await AddWithSecret("listed");
        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "disable", "listed")).ExitCode);
        var list = await Command.Run(provider, "client", "list");
        Assert.Matches("(?m)^CLIENT +NAME +LEVEL +AUTHENTICATION +ORIGIN +STATE$", list.Output);
        Assert.Matches("(?m)^listed +listed +legacy +client_secret_basic +command +disabled$", list.Output);
        Assert.Matches("(?m)^tax-portal +Tax Portal +baseline +private_key_jwt +settings +enabled$", list.Output);
        var json = (await Command.Run(provider, "client", "list", "--json")).Lines.Select(line => JsonNode.Parse(line)!).ToList();
        var listed = json.Single(client => (string)client["client_id"]! == "listed");
        Assert.Equal(("legacy", "disabled", "command"), ((string)listed["profile"]!, (string)listed["state"]!, (string)listed["origin"]!));
    }

    [Fact]
    public async Task A_client_that_is_removed_is_gone_and_one_of_the_settings_is_changed_there_only()
    {
        using var agency = Known(provider, "leaving");
        await Command.Run(provider, "client", "add", "--file", File("leaving", agency.Key));
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request("openid"))).Status);
        await provider.Consent("leaving");
        Assert.Equal(ProviderCommand.Done, (await Command.Run(provider, "client", "remove", "leaving")).ExitCode);
        Assert.Equal("invalid_client", (await agency.Push(agency.Request("openid"))).Error);
        // Whoever gets the name next has been allowed nothing.
        await provider.InDatabase(async database => Assert.False(await database.Consents.AnyAsync(consent => consent.ClientId == "leaving")));
        foreach (var verb in (string[])["show", "remove", "disable", "enable", "rotate"])
        {
            var gone = await Command.Run(provider, "client", verb, "leaving");
            Assert.Equal((ProviderCommand.Refused, "No client is called leaving.\n"), (gone.ExitCode, gone.Complaints));
        }

        foreach (var verb in (string[])["remove", "rotate"])
        {
            var refused = await Command.Run(provider, "client", verb, "tax-portal");
            Assert.Equal(ProviderCommand.Refused, refused.ExitCode);
            Assert.Contains("comes from the settings", refused.Complaints, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_change_is_in_the_commands_own_audit_log()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Command.Run(provider, "client", "add", "--file", File("audited", key));
        await Command.Run(provider, "client", "disable", "audited");
        await Command.Run(provider, "client", "remove", "audited");
        var records = (await System.IO.File.ReadAllLinesAsync(Log, TestContext.Current.CancellationToken))
            .Where(line => line.Contains("\"audited\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, records.Count);
        Assert.Contains("provider.client-addition", records[0], StringComparison.Ordinal);
        Assert.Contains("disabled", records[2], StringComparison.Ordinal);
        Assert.Contains("removed", records[4], StringComparison.Ordinal);
        await using var log = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Assert.True(AuditVerification.Run(log, null).IsSound);
    }

    [Fact]
    public async Task A_command_without_its_audit_log_changes_nothing()
    {
        using var other = AuditLog.Open(Path.Combine(folder, "held.jsonl"), "test", TimeProvider.System);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var result = await Command.Run(provider, "client", "add", "--file", File("unaudited", key), $"--Provider:CommandAudit={Path.Combine(folder, "held.jsonl")}");
        Assert.Equal(ProviderCommand.Refused, result.ExitCode);
        Assert.Contains("audit log", result.Complaints, StringComparison.Ordinal);
        Assert.Equal(ProviderCommand.Refused, (await Command.Run(provider, "client", "show", "unaudited")).ExitCode);
    }

    [Fact]
    public async Task Two_commands_that_register_one_name_at_once_have_one_winner()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = File("wanted", key);
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(index =>
            Command.Run(provider, "client", "add", "--file", file, $"--Provider:CommandAudit={Path.Combine(folder, $"race{index}.jsonl")}")));
        Assert.Single(results, result => result.ExitCode == ProviderCommand.Done);
        Assert.All(results.Where(result => result.ExitCode != ProviderCommand.Done), result => Assert.Equal("wanted is registered already.\n", result.Complaints));
    }

    private string Log => Path.Combine(Path.GetDirectoryName(provider.AuditFile)!, "audit.command.jsonl");

    private static Agency Known(RunningProvider provider, string id)
    {
        provider.ClientKeys[id] = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new Agency(provider, id) { RedirectUri = $"https://{id}.example/back" };
    }

    private Task<CommandResult> AddWithSecret(string id) => Command.Run(
        provider, "client", "add", "--id", id, "--name", id, "--redirect-uri", $"https://{id}.example/back", "--scope", "openid", "--profile", "legacy", "--auth", "client_secret_basic", "--json");

    private string File(string id, ECDsa key, Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["client_id"] = id, ["client_name"] = id, ["redirect_uris"] = new JsonArray($"https://{id}.example/back"), ["scope"] = "openid", ["jwks"] = JsonNode.Parse(ClientSettings.Jwks(key, id)),
        };
        change?.Invoke(document);
        return Write($"{id}.json", document.ToJsonString());
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }
}
