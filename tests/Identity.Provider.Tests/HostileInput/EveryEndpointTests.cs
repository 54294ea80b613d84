using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Identity.Provider.HostileInput;

/// <summary>
/// What no honest program sends, to every address that the Provider answers: refused by a 4xx that tells nothing of the inside, and the next good
/// request is served.
/// </summary>
public sealed class EveryEndpointTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>Those that programs post forms to.</summary>
    private static readonly string[] Programs = ["/par", "/token", "/userinfo", "/introspect", "/revoke", "/device_authorization"];

    private static readonly string[] Pages = ["/authorize", "/logout", "/login", "/enrol", "/consent", "/approve", "/device", "/"];

    public static TheoryData<string> Endpoints => [.. Programs, "/register", .. Pages];

    public static TheoryData<string> Posted => [.. Programs];

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Other_methods_are_refused(string path)
    {
        foreach (var method in new[] { "DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "ANY-OTHER" })
        {
            var reply = await Send(new HttpRequestMessage(new HttpMethod(method), path));
            Assert.True((int)reply.Status is 400 or 401 or 404 or 405 or 501, $"{method} {path}: {reply.Status}");
            TellsNothing($"{method} {path}", reply);
        }

        await IsServed();
    }

    public static TheoryData<string, string> Types => new()
    {
        { "text/plain", "grant_type=authorization_code&client_id=tax-portal" },
        { "application/json", """{"grant_type":"authorization_code","client_id":"tax-portal"}""" },
        { "multipart/form-data", "no boundary" },
        { "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\ntax-portal" },
        { "application/x-www-form-urlencoded; charset=utf-7", "client_id=+AG4-" },
        { "application/x-www-form-urlencoded; charset=no-such-charset", "client_id=tax-portal" },
        { "application/xml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Other_content_types_are_refused(string type, string body)
    {
        foreach (var path in Programs)
            Refused($"{type} at {path}", await Send(Body(path, type, Encoding.ASCII.GetBytes(body))));
        await IsServed();
    }

    public static TheoryData<string, byte[]> Bodies => new()
    {
        { "a parameter twice", "client_id=tax-portal&client_id=tax-portal"u8.ToArray() },
        { "a parameter twice, spelt in two ways", "client_id=tax-portal&%63lient_id=health-portal"u8.ToArray() },
        { "bad UTF-8 in escapes", "client_id=%ff%fe&grant_type=%c3%28"u8.ToArray() },
        { "bad UTF-8 as bytes", [.. "client_id="u8, 0xFF, 0xFE, 0xC0, 0x80] },
        { "NUL in an escape", "client_id=tax-portal%00&grant_type=authorization_code"u8.ToArray() },
        { "NUL as a byte", [.. "client_id=tax-portal"u8, 0, .. "&grant_type=authorization_code"u8] },
        { "half an escape", "client_id=%"u8.ToArray() },
        { "a value of 100 kB", Encoding.ASCII.GetBytes("client_id=" + new string('a', 100_000)) },
        { "a name of 100 kB", Encoding.ASCII.GetBytes(new string('a', 100_000) + "=1") },
        { "5000 parameters", Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Range(0, 5000).Select(number => $"p{number}=1"))) },
        { "nothing but separators", Encoding.ASCII.GetBytes(new string('&', 60_000)) },
        { "line breaks for headers", "client_id=tax-portal%0d%0aSet-Cookie:%20a=b"u8.ToArray() },
        { "an assertion of 100 kB", Encoding.ASCII.GetBytes("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=" + new string('a', 60_000)) },
        { "an assertion of points", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=..........."u8.ToArray() },
        { "numbers for a grant", "grant_type=99999999999999999999"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Bodies_that_no_program_sends_are_refused(string row, byte[] body)
    {
        foreach (var path in Programs)
            Refused($"{row} at {path}", await Send(Body(path, Form, body)));
        foreach (var path in Pages)
            TellsNothing($"{row} at {path}", await Send(Body(path, Form, body)));
        await IsServed();
    }

    public static TheoryData<string, string, string> Headers => new()
    {
        { "Basic without base64", "Authorization", "Basic !!!!" },
        { "Basic with bad UTF-8", "Authorization", "Basic //79/w==" },
        { "Basic with bad escapes", "Authorization", "Basic " + Convert.ToBase64String("%zz:%"u8) },
        { "Basic of 20 kB", "Authorization", "Basic " + new string('A', 20_000) },
        { "Bearer of 20 kB", "Authorization", "Bearer " + new string('a', 20_000) },
        { "Bearer that is no JWT", "Authorization", "Bearer a.b.c" },
        { "DPoP without token", "Authorization", "DPoP" },
        { "no scheme", "Authorization", "a" },
        { "a proof of 20 kB", "DPoP", new string('a', 20_000) },
        { "a proof that is no JWT", "DPoP", "a.b.c" },
        { "a forwarded host", "X-Forwarded-Host", "evil.example" },
        { "a cookie of 12 kB", "Cookie", "identity-provider-session=" + new string('a', 12_000) },
        { "languages without end", "Accept-Language", string.Join(',', Enumerable.Range(0, 2000).Select(number => $"x{number}")) },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Headers_that_no_program_sends_are_refused(string row, string name, string value)
    {
        foreach (var path in Programs)
        {
            using var request = Body(path, Form, "grant_type=authorization_code"u8.ToArray());
            request.Headers.TryAddWithoutValidation(name, value);
            Refused($"{row} at {path}", await Send(request));
        }

        foreach (var path in Pages)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(name, value);
            var reply = await Send(request);
            TellsNothing($"{row} at {path}", reply);
            Assert.DoesNotContain("evil.example", reply.Body, StringComparison.Ordinal);
        }

        await IsServed();
    }

    [Theory]
    [MemberData(nameof(Posted))]
    public async Task Parameters_in_the_address_do_not_authenticate_and_are_not_echoed(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path + "?client_id=tax-portal&client_secret=a&access_token=b&state=%3Cscript%3E")
        {
            Content = new ByteArrayContent([]) { Headers = { ContentType = MediaTypeHeaderValue.Parse(Form) } },
        };
        var reply = await Send(request);
        Refused(path, reply);
        Assert.DoesNotContain("<script", reply.Body, StringComparison.Ordinal);
    }

    private async Task<Reply> Send(HttpRequestMessage request)
    {
        using var agency = new Agency(provider, "tax-portal");
        using (request)
            return await agency.Send(request);
    }

    private static HttpRequestMessage Body(string path, string type, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
    }

    private static void Refused(string row, Reply reply)
    {
        Assert.True((int)reply.Status is >= 400 and < 500, $"{row}: {reply.Status} {reply.Body}");
        TellsNothing(row, reply);
    }

    private static void TellsNothing(string row, Reply reply)
    {
        Assert.True((int)reply.Status < 500 || reply.Status == HttpStatusCode.NotImplemented, $"{row}: {reply.Status} {reply.Body}");
        Assert.DoesNotContain("   at ", reply.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", reply.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("access_token\"", reply.Body, StringComparison.Ordinal);
    }

    private async Task IsServed()
    {
        using var agency = new Agency(provider, "tax-portal");
        var pushed = await agency.Push(agency.Request());
        Assert.True(pushed.Status == HttpStatusCode.Created, pushed.Body);
    }
}
