using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Identity.TestKit;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Validations;

/// <summary>
/// Files that want time or memory, before the real service in a process that may hold no more than <see cref="HeapBytes"/>: each gets an answer, and so does the
/// next document. What it costs is printed by `tests/Benchmarks hostile`.
/// </summary>
public sealed class HostileUploads(HostileUploads.Service service) : IClassFixture<HostileUploads.Service>
{
    /// <summary>What the process may allocate and keep: without the caps several of these files end it.</summary>
    private const long HeapBytes = 400L * 1024 * 1024;

    private const string TooLarge = "too-large: ", Malformed = "malformed: ", Ambiguous = "ambiguous: ", Judged = "judged: ";

    public sealed class Service : IAsyncLifetime
    {
        private ServiceProcess? process;

        public ServiceProcess Process => process!;

        public async ValueTask InitializeAsync() => process = await ServiceProcess.Start(
            Path.Combine(AppContext.BaseDirectory, "Identity.Verification.dll"),
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x" + HeapBytes.ToString("X", null) },
            "--environment=Development", "--Verification:PublicAddress=http://localhost:5300/", "--Verification:DrawPages=false", "--Logging:LogLevel:Default=Error");

        public ValueTask DisposeAsync()
        {
            process?.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    public static TheoryData<string, string> Answers => new()
    {
        { "double-flate-bomb", TooLarge + "a stream decodes to more than" },
        { "flate-bombs", TooLarge + "the object and cross-reference streams decode to more than" },
        { "damaged-bombs", TooLarge + "the object and cross-reference streams decode to more than" },
        { "full-streams", TooLarge + "a stream decodes to more than" },
        { "lzw-bomb", TooLarge + "a stream decodes to more than" },
        { "run-length-bomb", TooLarge + "a stream decodes to more than" },
        { "ascii85-bomb", TooLarge + "a stream decodes to more than" },
        { "predictor-rows", Malformed + "more than 200 objects cannot be read" },
        { "predictor-bomb", TooLarge + "a stream decodes to more than" },
        { "section-stream-bomb", TooLarge + "a stream decodes to more than" },
        { "section-of-entries-at-nought", TooLarge + "the cross-reference sections have more than" },
        { "section-of-entries-outside", TooLarge + "the cross-reference sections have more than" },
        { "section-of-free-entries", TooLarge + "the cross-reference sections have more than" },
        { "section-of-no-width", TooLarge + "the cross-reference sections have more than" },
        { "section-index-repeated", TooLarge + "the cross-reference sections have more than" },
        { "size-huge", TooLarge + "the trailer at byte" },
        { "prev-self", Malformed + "the cross-reference sections follow each other in a circle" },
        { "prev-circle", Malformed + "no cross-reference section stands at byte 9" },
        { "page-tree-circle", Judged + "NO-SIGNATURE" },
        { "page-tree-wide", Judged + "NO-SIGNATURE" },
        { "page-tree-comb", Judged + "NO-SIGNATURE" },
        { "form-circle", Judged + "NO-SIGNATURE" },
        { "form-long-names", Judged + "NO-SIGNATURE" },
        { "fields-20000", Judged + "NO-SIGNATURE" },
        { "fields-20000-one-signature", Judged + "TOTAL-FAILED" },
        { "signatures-10000", TooLarge + "the document has more than 256 signatures" },
        { "signatures-256-one-contents", TooLarge + "the Contents of the signatures have more than" },
        { "signatures-256-one-reason", TooLarge + "the texts of the signatures have more than" },
        { "signatures-256-references", TooLarge + "the signatures have more than 50000 references" },
        { "signatures-256-hash-all", TooLarge + "the signatures together cover more than" },
        { "cms-signers-10000", Judged + "TOTAL-FAILED" },
        { "cms-certificates-10000", Judged + "TOTAL-FAILED" },
        { "cms-nesting", Judged + "TOTAL-FAILED" },
        { "cms-many-small-values", Judged + "TOTAL-FAILED" },
        { "store-of-streams", Judged + "NO-SIGNATURE" },
        { "store-of-texts", Judged + "NO-SIGNATURE" },
        { "revisions-10000", TooLarge + "the document has more than 512 revisions" },
        { "revisions-500", Judged + "NO-SIGNATURE" },
        { "revisions-500-of-many-pages", Judged + "TOTAL-FAILED" },
        { "ends-of-file", Judged + "NO-SIGNATURE" },
        { "ends-of-file-unreadable", Ambiguous + "the trailer at byte" },
        { "nested-arrays-200000", TooLarge + "arrays and dictionaries are nested deeper than 100" },
        { "nested-dictionaries-200000", TooLarge + "arrays and dictionaries are nested deeper than 100" },
        { "empty-arrays", Judged + "NO-SIGNATURE" },
        { "names-and-keys", Judged + "NO-SIGNATURE" },
        { "values-6000000", TooLarge + "the document has more than" },
        { "dictionaries-3000000", TooLarge + "the document has more than" },
        { "comments", Judged + "NO-SIGNATURE" },
        { "open-strings", Judged + "NO-SIGNATURE" },
        { "entries-on-one-string", Malformed + "more than 200 objects cannot be read" },
        { "references-changed", Judged + "TOTAL-FAILED" },
        { "metadata-entities", Judged + "NO-SIGNATURE" },
        { "objects-300000", Judged + "NO-SIGNATURE" },
    };

    [Fact]
    public void Every_hostile_file_has_an_answer_that_is_expected() =>
        Assert.Equal(HostilePdf.All.Select(file => file.Name), Answers.Select(row => row.Data.Item1));

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Gets_its_answer_and_the_next_document_too(string name, string answer)
    {
        Assert.StartsWith(answer, await Ask(HostilePdf.All.Single(file => file.Name == name).Make()), StringComparison.Ordinal);
        Assert.Equal("judged: NO-SIGNATURE", await Ask(HandMadePdf.Plain()));
        Assert.True(service.Process.IsRunning);
    }

    [Fact]
    public async Task Fifty_at_once_leave_room_for_others()
    {
        var hostile = HostilePdf.All.Where(file => file.Name is "values-6000000" or "flate-bombs" or "empty-arrays" or "fields-20000" or "double-flate-bomb").Select(file => file.Make()).ToList();
        var busy = Enumerable.Range(0, 50).Select(async at =>
        {
            using var response = await Send(hostile[at % hostile.Count]);
            return (response.StatusCode, response.Headers.RetryAfter?.Delta);
        }).ToList();
        // As a client that does as it is told: it comes back when the service says so.
        var answered = false;
        for (var attempt = 0; attempt < 60 && !answered; attempt++)
        {
            using var response = await Send(HandMadePdf.Plain());
            answered = response.StatusCode == HttpStatusCode.OK;
            if (!answered)
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                await Task.Delay(response.Headers.RetryAfter!.Delta!.Value, TestContext.Current.CancellationToken);
            }
        }
        Assert.True(answered);
        // Each was answered, or told when to come back.
        foreach (var (status, again) in await Task.WhenAll(busy))
            Assert.True(status == HttpStatusCode.OK || (status == HttpStatusCode.ServiceUnavailable && again > TimeSpan.Zero), $"{status}");
        Assert.Equal("judged: NO-SIGNATURE", await Ask(HandMadePdf.Plain()));
    }

    private Task<HttpResponseMessage> Send(byte[] file)
    {
        var document = new ByteArrayContent(file);
        document.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        return service.Process.Client.PostAsync(new Uri("v1/validations", UriKind.Relative), new MultipartFormDataContent { { document, "file", "hostile.pdf" } }, TestContext.Current.CancellationToken);
    }

    private async Task<string> Ask(byte[] file)
    {
        using var response = await Send(file);
        using var report = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var root = report.RootElement;
        return root.GetProperty("error") is { ValueKind: JsonValueKind.Object } error
            ? $"{error.GetProperty("code").GetString()}: {error.GetProperty("message").GetString()}"
            : "judged: " + root.GetProperty("conclusion").GetString();
    }
}

/// <summary>Uploads that come slowly, or not to their end.</summary>
public sealed class UnfinishedUploads(Hierarchy hierarchy)
{
    private const int Announced = VerificationServer.MaxFileBytes;

    [Fact]
    public async Task Hold_what_has_come_of_them_until_they_are_given_up()
    {
        await using var server = new VerificationServer(hierarchy) { Settings = [$"--Verification:MaxBytesInFlight={Announced}"] };
        await server.InitializeAsync();
        var slow = new List<TcpClient>();
        try
        {
            // A part of each has come, and then nothing: they are more until together they hold all there is, and nobody else fits in.
            TimeSpan? again = null;
            while (again is null && slow.Count < 200)
            {
                slow.Add(await Begin(server.Address, 30_000));
                await Task.Delay(50, TestContext.Current.CancellationToken);
                using var answer = await server.Upload(HandMadePdf.Plain());
                again = answer.StatusCode == HttpStatusCode.ServiceUnavailable ? answer.Headers.RetryAfter?.Delta : null;
            }
            Assert.Equal(TimeSpan.FromSeconds(5), again);
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
        await Until(server, HttpStatusCode.OK);
        // All of it is given back: a document of the largest size fits again.
        using var large = await server.Upload([.. HandMadePdf.Plain(), .. new byte[150_000]]);
        Assert.Equal(HttpStatusCode.OK, large.StatusCode);
    }

    private static async Task<TcpClient> Begin(Uri address, int bytes)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var head = $"POST /v1/validations HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {Announced}\r\n\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(new byte[bytes], TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task Until(VerificationServer server, HttpStatusCode wanted)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            using var answer = await server.Upload(HandMadePdf.Plain());
            if (answer.StatusCode == wanted)
                return;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"never {wanted}");
    }
}
