using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.TestKit.Pdf;

namespace Identity.Signing.Tests.Csc;

/// <summary>Calls that carry documents: who asks is known before anything is read, how much is read, and how many are read at once.</summary>
public sealed class DocumentCallTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const int Cap = 16 * 1024 * 1024;
    private static readonly byte[] Pdf = HandMadePdf.Plain();

    [Fact]
    public async Task Sixteen_megabytes_are_taken_and_one_byte_more_is_not()
    {
        using var caller = new CscCaller(system);
        var sad = caller.ApprovedDocument(SHA256.HashData(Pdf));
        using (var announced = await RawCall.Begin(system.Address, sad, $"Content-Length: {Cap + 1}"))
            Assert.Equal(("HTTP/1.1 413 Payload Too Large", """{"error":"invalid_request","error_description":"The request is too large"}"""), (await announced.Line(), await announced.Body()));
        // Also when it does not say how long it is.
        using (var unannounced = await RawCall.Begin(system.Address, sad, "Transfer-Encoding: chunked"))
        {
            Assert.Equal("HTTP/1.1 100 Continue", await unannounced.Line());
            await unannounced.Send($"{Cap + 1:x}\r\n{Filled(Cap + 1)}\r\n0\r\n\r\n");
            Assert.Equal("", await unannounced.Line());
            Assert.Equal("HTTP/1.1 413 Payload Too Large", await unannounced.Line());
        }

        var (status, answer) = await caller.Call("signatures/signDoc", sad, Filled(Cap));
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        // A document beyond what the service takes from anybody: its own cap.
        var large = new byte[SigningSystem.Cap + 1];
        var body = Body(large);
        body["documents"]![0]!["signature_format"] = "C";
        body["documents"]![0]!["signed_envelope_property"] = "Detached";
        await caller.Refused(HttpStatusCode.RequestEntityTooLarge, "invalid_request", "The request is too large", "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(large)), body);
    }

    [Fact]
    public async Task Nothing_is_read_of_who_has_no_token()
    {
        using var call = await RawCall.Begin(system.Address, "unknown", "Content-Length: 1");
        Assert.Equal("HTTP/1.1 401 Unauthorized", await call.Line());
    }

    [Fact]
    public async Task Who_has_announced_documents_and_sends_none_keeps_nobody_from_signing()
    {
        using var caller = new CscCaller(system, "program-s");
        var held = new List<RawCall>();
        for (var i = 0; i < 4; i++)
            held.Add(await Held(caller));
        // Four of one person through one program may come at once.
        await caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "signatures/signDoc", caller.Token("service"), Body(Pdf));
        foreach (var program in new[] { "program-t", "program-u" })
        {
            using var other = new CscCaller(system, program);
            held.Add(await Held(other));
            held.Add(await Held(other));
            await other.Expect(HttpStatusCode.OK, "signatures/signDoc", other.ApprovedDocument(SHA256.HashData(Pdf)), Body(Pdf));
        }

        foreach (var call in held)
        {
            await call.Send("{");
            Assert.Equal(("", "HTTP/1.1 400 Bad Request"), (await call.Line(), await call.Line()));
            await call.Body();
            call.Dispose();
        }
    }

    [Fact]
    public async Task Four_calls_are_worked_on_at_once_two_of_one_person_and_more_are_told_to_come_again()
    {
        using var reached = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.Authority.Certificates = async _ =>
        {
            reached.Release();
            await release.Task;
            return null;
        };
        var (callers, working) = (new List<CscCaller>(), new List<Task<JsonNode>>());
        try
        {
            foreach (var program in new[] { "program-a", "program-b" })
            {
                var caller = new CscCaller(system, program);
                callers.Add(caller);
                for (var i = 0; i < 2; i++)
                {
                    working.Add(caller.Expect(HttpStatusCode.OK, "signatures/signDoc", caller.ApprovedDocument(SHA256.HashData(Pdf)), Body(Pdf)));
                    await reached.WaitAsync(SigningSystem.Cancellation);
                }

                await caller.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "signatures/signDoc", caller.Token("service"), Body(Pdf));
            }

            using var third = new CscCaller(system, "program-c");
            var sad = third.ApprovedDocument(SHA256.HashData(Pdf));
            await third.Refused(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable", "Try again later", "signatures/signDoc", sad, Body(Pdf));
            release.SetResult();
            await Task.WhenAll(working);
            // The approval was not used meanwhile, and who has an answer has left already.
            await third.Expect(HttpStatusCode.OK, "signatures/signDoc", sad, Body(Pdf));
        }
        finally
        {
            release.TrySetResult();
            system.Authority.Reset();
            callers.ForEach(caller => caller.Dispose());
        }
    }

    private async Task<RawCall> Held(CscCaller caller)
    {
        var call = await RawCall.Begin(system.Address, caller.Token("service"), "Content-Length: 1");
        // The service asks for the body: it has room for it.
        Assert.Equal("HTTP/1.1 100 Continue", await call.Line());
        return call;
    }

    private static JsonObject Body(byte[] document) => new()
    {
        ["signatureQualifier"] = "eu_eidas_aes",
        ["documents"] = new JsonArray(new JsonObject { ["document"] = Convert.ToBase64String(document), ["signature_format"] = "P", ["signAlgo"] = CscCaller.Ecdsa }),
    };

    /// <summary>The call for the document, with a parameter that nobody knows.</summary>
    private static string Filled(int bytes)
    {
        var body = Body(Pdf);
        body["filling"] = "";
        var empty = body.ToJsonString();
        body["filling"] = new string('x', bytes - empty.Length);
        return body.ToJsonString();
    }

    /// <summary>A call of which the body is sent when it is asked for: what is read, and when, is seen.</summary>
    private sealed class RawCall(TcpClient connection) : IDisposable
    {
        private readonly StreamReader reader = new(connection.GetStream(), Encoding.ASCII);

        public static async Task<RawCall> Begin(string service, string token, string length)
        {
            var address = new Uri(service);
            var connection = new TcpClient();
            await connection.ConnectAsync(address.Host, address.Port, SigningSystem.Cancellation);
            var call = new RawCall(connection);
            await call.Send($"POST /csc/v2/signatures/signDoc HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n{length}\r\n\r\n");
            return call;
        }

        public async Task Send(string text) => await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), SigningSystem.Cancellation);

        public async Task<string?> Line() => await reader.ReadLineAsync(SigningSystem.Cancellation);

        /// <summary>What follows the headers, to the end of the connection, taken out of its chunk.</summary>
        public async Task<string> Body() => (await reader.ReadToEndAsync(SigningSystem.Cancellation)).Split("\r\n\r\n")[1].Split("\r\n").MaxBy(line => line.Length)!;

        public void Dispose()
        {
            reader.Dispose();
            connection.Dispose();
        }
    }
}
