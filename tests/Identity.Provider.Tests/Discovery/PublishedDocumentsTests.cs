using Microsoft.AspNetCore.Http;

namespace Identity.Provider.Discovery;

public sealed class PublishedDocumentsTests
{
    private const string Path = "/.well-known/jwks";

    private readonly Clock clock = new();
    private readonly PublishedDocuments documents;
    private int made;

    public PublishedDocumentsTests() => documents = new PublishedDocuments(clock);

    [Fact]
    public async Task A_document_is_made_once_and_again_when_it_is_older_than_its_age()
    {
        Assert.Equal("document 1", await Get(Path));
        clock.Passed = PublishedDocuments.Age;
        Assert.Equal("document 1", await Get(Path));
        clock.Passed += TimeSpan.FromTicks(1);
        Assert.Equal("document 2", await Get(Path));
    }

    [Theory]
    [InlineData("POST", Path, "")]
    [InlineData("HEAD", Path, "")]
    [InlineData("GET", Path, "?a=b")]
    [InlineData("GET", "/userinfo", "")]
    public async Task What_is_not_that_document_is_made_each_time(string method, string path, string query)
    {
        await Get(path, method, query);
        await Get(path, method, query);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task What_could_not_be_made_is_told_and_not_kept()
    {
        Assert.Equal("503: document 1", await Get(Path, status: 503));
        Assert.Equal("document 2", await Get(Path));
    }

    private async Task<string> Get(string path, string method = "GET", string query = "", int status = 200)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Request = { Method = method, Path = path, QueryString = new QueryString(query) }, Response = { Body = body } };
        await documents.Answer(context, async made =>
        {
            made.Response.StatusCode = status;
            made.Response.Headers.CacheControl = "public";
            await made.Response.WriteAsync($"document {++this.made}");
        });
        Assert.Equal("public", context.Response.Headers.CacheControl.ToString());
        var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
        return context.Response.StatusCode == 200 ? text : $"{context.Response.StatusCode}: {text}";
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
