using System.Buffers.Binary;
using System.Text;
using Identity.Pdf.Fonts;
using Identity.TestKit;

namespace Identity.Pdf.Tests.Fonts;

public sealed class TrueTypeFontTests
{
    private static readonly byte[] NotoSans = File.ReadAllBytes(Path.Combine(Repository.Root, "src", "Identity.Signing", "Appearances", "Fonts", "NotoSans-Regular.ttf"));

    [Fact]
    public void Another_program_reads_the_subset_as_a_font()
    {
        var subset = new FontSubset(TrueTypeFont.Read(NotoSans));
        foreach (var letter in "Õnne šž Ǻ".EnumerateRunes())
            subset.Use(subset.Font.Glyph(letter), letter);
        var program = subset.Write();

        // Ǻ consists of others, which came along.
        Assert.True(subset.Glyphs.Count > subset.Meanings.Count + 1);
        Assert.True(program.Length < 8_000, $"{program.Length} bytes");
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, program);
        // fontconfig opens it with FreeType, and prints the characters of its map.
        var characters = Tool.Run("fc-query", "-f", "%{charset}", path);
        Assert.Equal("20 65 6e d5 161 17e 1fa", characters.Output);
        File.Delete(path);
        // Read by ourselves again: the same letters at the same width.
        var again = TrueTypeFont.Read(program);
        Assert.Equal(subset.Font.Advance(subset.Font.Glyph(new Rune('Õ'))), again.Advance(again.Glyph(new Rune('Õ'))));
        Assert.Equal(0, again.Glyph(new Rune('Z')));
    }

    [Fact]
    public void A_damaged_font_is_a_format_error_and_nothing_else()
    {
        foreach (var length in Enumerable.Range(0, 60).Select(step => step * step * 140).Where(length => length < NotoSans.Length))
            Try(NotoSans[..length]);
        var random = new byte[4];
        for (var at = 0; at < 4000; at += 3)
        {
            var damaged = (byte[])NotoSans.Clone();
            BinaryPrimitives.WriteInt32LittleEndian(random, unchecked(at * 747796405));
            random.CopyTo(damaged, at);
            Try(damaged);
        }

        static void Try(byte[] file)
        {
            try
            {
                var font = TrueTypeFont.Read(file);
                var subset = new FontSubset(font);
                foreach (var letter in "Aõ…\uFFFD".EnumerateRunes())
                    subset.Use(font.Glyph(letter), letter);
                subset.Write();
            }
            catch (FormatException)
            {
            }
        }
    }

    [Theory]
    [InlineData(2, "forbids to be embedded")]
    [InlineData(0x200, "forbids to be embedded")]
    [InlineData(0x100, "in part")]
    public void A_font_that_may_not_be_embedded_is_refused(ushort permission, string message)
    {
        var file = (byte[])NotoSans.Clone();
        var table = 0;
        for (var entry = 12; Encoding.ASCII.GetString(file, entry, 4) != "OS/2"; entry += 16)
            table = (int)BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(entry + 16 + 8));
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(table + 8), permission);

        Assert.Contains(message, Assert.Throws<FormatException>(() => TrueTypeFont.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Collections_outlines_of_other_kinds_and_giants_are_refused()
    {
        Assert.Throws<FormatException>(() => TrueTypeFont.Read("ttcf"u8.ToArray()));
        Assert.Throws<FormatException>(() => TrueTypeFont.Read("OTTO"u8.ToArray()));
        Assert.Throws<FormatException>(() => TrueTypeFont.Read(new byte[TrueTypeFont.LargestFile + 1]));
    }
}
