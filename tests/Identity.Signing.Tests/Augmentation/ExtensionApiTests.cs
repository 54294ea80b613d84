using System.Net;
using Identity.Signing.Augmentation;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Augmentation;

/// <summary>An agency has signatures raised and archives renewed, if it may.</summary>
public sealed class ExtensionApiTests(SigningSystem shared) : IClassFixture<SigningSystem>, IAsyncLifetime
{
    private SigningSystem system = null!;

    public async ValueTask InitializeAsync()
    {
        shared.Reset();
        system = await shared.StartAnotherOn(Path.Combine(shared.Pki.Folder, "data-" + Guid.CreateVersion7()), "--Signing:Agencies:0:MayExtend=true");
    }

    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    public async Task A_signature_is_raised_and_its_archive_renewed_behind_the_bytes_that_were_given()
    {
        var signed = await system.Sign(Pdfs.Page("Raise me"), level: "B-T");
        var raised = await Extended(signed, "B-LTA");
        Assert.True(raised.AsSpan().StartsWith(signed));
        var report = await system.Verify(raised);
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA", 2), (report.Conclusion, report.Signatures[0].Level, report.Signatures.Count));

        var renewed = await Extended(raised, "B-LTA");
        Assert.True(renewed.AsSpan().StartsWith(raised));
        Assert.Equal(("TOTAL-PASSED", 3), ((await system.Verify(renewed)).Conclusion, (await system.Verify(renewed)).Signatures.Count));
        using var examined = new ExaminedPdf(renewed, system.Pki.CertificatePath("root-ca"), system.Pki.CertificatePath("issuing-ca"));
        Assert.Contains("Verification: OK", examined.OpensslDocumentTimestamp().Text, StringComparison.Ordinal);
        Assert.Contains(system.Audit("land-registry"), line => line.ToString().Contains("signing.document-extension", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_may_not_is_refused_before_anything_is_read()
    {
        using var answer = await Post(Pdfs.Page(), "B-LTA", token: system.Provider.AccessToken(system.Address, "tax-portal"));
        Assert.Equal((HttpStatusCode.Forbidden, "access_denied"), (answer.StatusCode, await Error(answer)));
        using var nobody = await Post(Pdfs.Page(), "B-LTA", token: "nothing");
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), (nobody.StatusCode, await Error(nobody)));
    }

    [Theory]
    [InlineData("B-B", null, null, "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.")]
    [InlineData("B-X", null, null, "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.")]
    [InlineData("B-T", "accepts_no_changes", "yes", "accepts_no_changes must be true or false.")]
    [InlineData("B-T", "purpose", "Because", "Only document, level and accepts_no_changes are known fields.")]
    public async Task A_field_that_breaks_a_rule_is_refused_by_it(string level, string? field, string? value, string description)
    {
        using var answer = await Post(Pdfs.Page(), level, field, value);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(description, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_is_no_sound_signed_document_is_refused_with_its_reason_and_nothing_stays()
    {
        Assert.Equal("no_signature", await Reason(Pdfs.Page()));
        Assert.Equal("cannot_be_read", await Reason("no PDF"u8.ToArray()));
        var signed = await system.Sign(Pdfs.Page("Break me"), level: "B-T");
        signed[System.Text.Encoding.Latin1.GetString(signed).IndexOf("Break me", StringComparison.Ordinal)] = (byte)'b';
        Assert.Equal("signature_broken", await Reason(signed));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));

        async Task<string> Reason(byte[] document)
        {
            using var answer = await Post(document, "B-LTA");
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "document_refused"), (answer.StatusCode, await Error(answer)));
            return (await SigningSystem.Json(answer))["reason"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task A_neighbour_that_is_down_is_said_so_and_no_lower_level_given()
    {
        var signed = await system.Sign(Pdfs.Page("Wait for me"), level: "B-T");
        (shared.Authority.OcspStatus, shared.Authority.ListStatus) = (500, 500);
        using var answer = await Post(signed, "B-LT");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (answer.StatusCode, await Error(answer)));
        Assert.Equal("status_unavailable", (await SigningSystem.Json(answer))["reason"]!.GetValue<string>());
        Assert.Equal("30", answer.Headers.RetryAfter!.ToString());
    }

    [Fact]
    public async Task A_few_at_a_time_of_one_agency_and_others_are_asked_to_come_again()
    {
        var signed = await system.Sign(Pdfs.Page("Queue"), level: "B-T");
        var (gate, asked) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new SemaphoreSlim(0));
        shared.Authority.Before = async (what, _) =>
        {
            if (what != "time-stamp")
                return;
            asked.Release();
            await gate.Task;
        };
        try
        {
            var held = Enumerable.Range(0, CreateExtension.AtOnceOfOne).Select(_ => Post(signed, "B-LTA")).ToList();
            for (var i = 0; i < held.Count; i++)
                await asked.WaitAsync(SigningSystem.Cancellation);
            using var refused = await Post(signed, "B-LTA");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "busy"), (refused.StatusCode, (await SigningSystem.Json(refused))["reason"]!.GetValue<string>()));
            gate.SetResult();
            Assert.All(await Task.WhenAll(held), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        }
        finally
        {
            // Nobody waits at it for ever, whatever went wrong here.
            gate.TrySetResult();
        }
    }

    [Fact]
    public async Task Documents_that_come_slowly_keep_nobody_from_having_theirs_raised()
    {
        var signed = await system.Sign(Pdfs.Page("Not waiting"), level: "B-T");
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = Enumerable.Range(0, CreateExtension.AtOnce + 1).Select(_ => new Slow(signed, end.Task)).ToList();
        var sending = slow.Select(document => Post(document, "B-LT", null, null, null)).ToList();
        foreach (var document in slow)
            await document.Begun.Task.WaitAsync(SigningSystem.Cancellation);
        Assert.True((await Extended(signed, "B-LT")).AsSpan().StartsWith(signed));
        end.SetResult();
        await Task.WhenAll(sending);
    }

    /// <summary>Sends half of a document, and the rest when the test says so.</summary>
    private sealed class Slow(byte[] document, Task rest) : HttpContent
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(document.AsMemory(0, document.Length / 2));
            await stream.FlushAsync();
            Begun.SetResult();
            await rest;
            await stream.WriteAsync(document.AsMemory(document.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = document.Length;
            return true;
        }
    }

    private async Task<byte[]> Extended(byte[] document, string level)
    {
        using var answer = await Post(document, level);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        Assert.Equal("application/pdf", answer.Content.Headers.ContentType!.MediaType);
        return await answer.Content.ReadAsByteArrayAsync(SigningSystem.Cancellation);
    }

    private Task<HttpResponseMessage> Post(byte[] document, string level, string? field = null, string? value = null, string? token = null) =>
        Post(new ByteArrayContent(document), level, field, value, token);

    private async Task<HttpResponseMessage> Post(HttpContent document, string level, string? field, string? value, string? token)
    {
        using var client = system.AgencyClient(token);
        using var form = new MultipartFormDataContent { { new StringContent(level), "level" } };
        if (field is not null)
            form.Add(new StringContent(value!), field);
        form.Add(document, "document", "old.pdf");
        return await client.PostAsync("extensions", form, SigningSystem.Cancellation);
    }

    private static async Task<string> Error(HttpResponseMessage answer) => (await SigningSystem.Json(answer))["error"]!.GetValue<string>();
}
