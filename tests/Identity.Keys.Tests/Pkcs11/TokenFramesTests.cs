using System.Buffers.Binary;
using Identity.Keys.Pkcs11;

namespace Identity.Keys.Tests.Pkcs11;

public sealed class TokenFramesTests
{
    [Fact]
    public void What_is_written_is_read_over_the_ends_of_the_buffer()
    {
        using var stream = new MemoryStream();
        var writer = new TokenFrameWriter(stream);
        for (var i = 0; i < 500; i++)
            writer.Write((uint)i, (byte)i, new byte[(i * 37) % (TokenFrame.LargestBody + 1)]);
        stream.Position = 0;
        var reader = new TokenFrameReader(stream);
        for (var i = 0; i < 500; i++)
        {
            var frame = Assert.NotNull(reader.Read());
            Assert.Equal(((uint)i, (byte)i, (i * 37) % (TokenFrame.LargestBody + 1)), (frame.Call, frame.Kind, frame.Body.Length));
        }

        Assert.Null(reader.Read());
    }

    [Fact]
    public void What_is_kept_leaves_with_the_next_that_is_written_in_order()
    {
        using var stream = new MemoryStream();
        var writer = new TokenFrameWriter(stream);
        writer.Keep(1, 0, [1]);
        Assert.Equal(0, stream.Length);
        writer.Write(2, 0, [2]);
        writer.Keep(3, 0, []);
        writer.Flush();
        stream.Position = 0;
        var reader = new TokenFrameReader(stream);
        Assert.False(reader.HasFrame);
        Assert.Equal(1u, Assert.NotNull(reader.Read()).Call);
        Assert.True(reader.HasFrame);
        Assert.Equal(2u, Assert.NotNull(reader.Read()).Call);
        Assert.Equal(3u, Assert.NotNull(reader.Read()).Call);
        Assert.False(reader.HasFrame);
    }

    [Fact]
    public void A_body_is_taken_up_to_its_cap()
    {
        using var stream = new MemoryStream();
        var writer = new TokenFrameWriter(stream);
        writer.Write(1, 2, new byte[4096]);
        Assert.Equal("A body of 4097 bytes is larger than 4096.", Assert.Throws<TokenProtocolException>(() => writer.Write(1, 2, new byte[4097])).Message);
        stream.Position = 0;
        Assert.Equal(4096, Assert.NotNull(new TokenFrameReader(stream).Read()).Body.Length);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(4102u)]
    [InlineData(uint.MaxValue)]
    public void A_length_that_no_frame_has_is_refused(uint length)
    {
        var bytes = new byte[8192];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length);
        var refusal = Assert.Throws<TokenProtocolException>(() => new TokenFrameReader(new MemoryStream(bytes)).Read());
        Assert.Equal($"A frame of {length} bytes was announced; the largest has 4101.", refusal.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(18)]
    public void A_stream_that_ends_within_a_frame_has_no_further_one(int length)
    {
        using var stream = new MemoryStream();
        new TokenFrameWriter(stream).Write(1, 2, new byte[10]);
        stream.SetLength(length);
        stream.Position = 0;
        Assert.Null(new TokenFrameReader(stream).Read());
    }
}
