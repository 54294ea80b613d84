using System.Net;
using System.Text;

using Identity.Web.Outgoing;

namespace Identity.Provider.Outgoing;

public sealed class GuardedHttpTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly GuardedHttp development = new(AllowedAddresses.Check([], development: true));

    public void Dispose() => development.Dispose();

    [Fact]
    public async Task Brings_status_and_bytes_and_sends_nothing_of_its_own()
    {
        await using var server = StrangeServer.Answering(() => "{}");
        var answer = Assert.IsType<OutgoingOutcome.Answered>(await Get(development, server.Address));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("{}", Encoding.UTF8.GetString(answer.Body));
        Assert.Equal($"GET /keys HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\n\r\n", server.Heads.Single());
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = StrangeServer.Answering(() => "{}");
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, $"HTTP/1.1 302 Found\r\nLocation: {inside.Address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", cancellation));
        Assert.Equal(HttpStatusCode.Found, Assert.IsType<OutgoingOutcome.Answered>(await Get(development, server.Address)).Status);
        Assert.Empty(inside.Heads);
    }

    [Fact]
    public async Task Cookies_are_not_kept()
    {
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", cancellation));
        await Get(development, server.Address);
        await Get(development, server.Address);
        Assert.All(server.Heads, head => Assert.DoesNotContain("Cookie", head, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task An_answer_has_a_largest_size_whether_it_says_its_length_or_not(int length, bool fits)
    {
        var body = new string('x', length);
        await using var counted = StrangeServer.Answering(() => body);
        await using var endless = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, $"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}", cancellation));
        await using var chunked = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n", cancellation));
        foreach (var server in new[] { counted, endless, chunked })
        {
            var outcome = await Get(development, server.Address, largest: 1000);
            if (fits)
                Assert.Equal(length, Assert.IsType<OutgoingOutcome.Answered>(outcome).Body.Length);
            else
                Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.TooLarge), outcome);
        }
    }

    [Fact]
    public async Task A_body_that_never_ends_is_left_at_the_limit()
    {
        await using var server = StrangeServer.That(async (stream, cancellation) =>
        {
            await StrangeServer.Write(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", cancellation);
            while (true)
                await StrangeServer.Write(stream, new string('x', 4096), cancellation);
        });
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.TooLarge), await Get(development, server.Address));
    }

    [Fact]
    public async Task Silence_before_the_head_and_a_body_that_drips_end_when_the_time_is_over()
    {
        await using var silent = StrangeServer.That((_, cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        await using var dripping = StrangeServer.That(async (stream, cancellation) =>
        {
            await StrangeServer.Write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", cancellation);
            while (true)
            {
                await StrangeServer.Write(stream, "x", cancellation);
                await Task.Delay(20, cancellation);
            }
        });
        foreach (var server in new[] { silent, dripping })
            Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.TooSlow), await Get(development, server.Address, TimeSpan.FromMilliseconds(300)));
    }

    [Theory]
    [InlineData("not HTTP at all\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nfive")]
    [InlineData("")]
    public async Task What_is_no_answer_is_none(string text)
    {
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(stream, text, cancellation));
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.Unreachable), await Get(development, server.Address));
    }

    [Fact]
    public async Task Headers_have_a_largest_size()
    {
        await using var server = StrangeServer.That((stream, cancellation) => StrangeServer.Write(
            stream, $"HTTP/1.1 200 OK\r\nX: {new string('x', 20 * 1024)}\r\nContent-Length: 0\r\n\r\n", cancellation));
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.Unreachable), await Get(development, server.Address));
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        var server = StrangeServer.Answering(() => "");
        var address = server.Address;
        await server.DisposeAsync();
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.Unreachable), await Get(development, address));
    }

    // The name is public and https as registration asks; what it resolves to is judged when the connection is made.
    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0")]
    public async Task A_name_that_resolves_to_a_private_address_gets_no_connection(string host)
    {
        await using var server = StrangeServer.Answering(() => "{}");
        using var production = new GuardedHttp(AllowedAddresses.Check([], development: false));
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.NotAllowed), await Get(production, new Uri($"https://{host}:{server.Port}/keys")));
        Assert.Empty(server.Heads);
    }

    [Fact]
    public async Task Plain_http_is_not_called()
    {
        using var production = new GuardedHttp(AllowedAddresses.Check(["127.0.0.0/8"], development: false));
        await using var server = StrangeServer.Answering(() => "{}");
        Assert.Equal(new OutgoingOutcome.Failed(GuardedHttp.NotAllowed), await Get(production, server.Address));
        Assert.Empty(server.Heads);
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_no_outcome()
    {
        await using var silent = StrangeServer.That((_, cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        using var request = new HttpRequestMessage(HttpMethod.Get, silent.Address);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => development.Send(request, Patience, 1000, cancelled.Token));
    }

    private static async Task<OutgoingOutcome> Get(GuardedHttp http, Uri address, TimeSpan? patience = null, int largest = 64 * 1024)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await http.Send(request, patience ?? Patience, largest, TestContext.Current.CancellationToken);
    }
}
