using System.Text;

namespace Identity.Provider.PushedRequests;

/// <summary>Which bytes of a form are text.</summary>
public sealed class FormTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a=b&c=d+e")]
    [InlineData("a=%C3%A4&b=%f0%9f%99%82")]
    [InlineData("a=\u00e4")]
    [InlineData("a=100%")]
    [InlineData("a=%zz&b=%1")]
    [InlineData("a=%25ff")]
    public void Is_UTF_8(string form) => Assert.True(FormText.IsUtf8(Encoding.UTF8.GetBytes(form)));

    [Theory]
    [InlineData("a=%ff%fe")]
    [InlineData("a=%c3%28")]
    [InlineData("a=%c0%80")]
    [InlineData("a=%ed%a0%80")]
    [InlineData("%80=a")]
    [InlineData("a=%C3")]
    public void Is_not_UTF_8(string form) => Assert.False(FormText.IsUtf8(Encoding.ASCII.GetBytes(form)));

    [Fact]
    public void Bytes_that_are_not_escaped_are_looked_at_too()
    {
        Assert.False(FormText.IsUtf8("a="u8.ToArray().Append((byte)0xFF).ToArray()));
        Assert.False(FormText.IsUtf8("a=%41"u8.ToArray().Append((byte)0xC3).ToArray()));
    }
}
