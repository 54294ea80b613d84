using System.Buffers.Binary;
using Identity.Pdf.Appearances;
using Identity.Pdf.Signatures;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Pdf.Tests.Appearances;

/// <summary>Pictures as poppler writes them, and what it finds of them in the document.</summary>
public sealed class PictureTests
{
    [Theory]
    [InlineData("-png", "", "rgb", "3", "image")]
    [InlineData("-png", "-transp", "rgb", "3", "image")]
    [InlineData("-png", "-gray", "gray", "1", "image")]
    [InlineData("-jpeg", "", "rgb", "3", "jpeg")]
    [InlineData("-jpeg", "-gray", "gray", "1", "jpeg")]
    public void Is_drawn_without_a_mask(string format, string option, string colours, string components, string encoding)
    {
        var picture = AppearancePicture.Read(Made(format, option));
        var signed = Sign(picture);

        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, signed);
        var images = Tool.Run("pdfimages", "-list", path).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var image = Assert.Single(images);
        Assert.Equal(["image", "60", "40", colours, components, "8", encoding], [image[2], image[3], image[4], image[5] == "calrgb" ? "rgb" : image[5] == "calgray" ? "gray" : image[5], image[6], image[7], image[8]]);
        // A black bar on the left half, white on the right, whatever was transparent before.
        Assert.Equal(0, Tool.Run("pdftocairo", "-png", "-r", "72", "-singlefile", "-x", "24", "-y", "742", "-W", "120", "-H", "76", path, path).ExitCode);
        var drawn = AppearancePicture.Read(File.ReadAllBytes(path + ".png"));
        Assert.True(Red(drawn, 20, 38) < 60 && Red(drawn, 58, 38) > 200, $"{Red(drawn, 20, 38)} {Red(drawn, 58, 38)}");
        Assert.Equal(0, Tool.Run("qpdf", "--check", path).ExitCode);
        File.Delete(path);
        File.Delete(path + ".png");
    }

    [Fact]
    public void What_is_no_picture_of_ours_is_a_format_error()
    {
        var png = Made("-png", "-transp");
        var jpeg = Made("-jpeg", "");
        byte[] Changed(byte[] file, int at, byte value)
        {
            var copy = (byte[])file.Clone();
            copy[at] = value;
            return copy;
        }

        void Bad(string message, byte[] file) => Assert.Contains(message, Assert.Throws<FormatException>(() => AppearancePicture.Read(file)).Message, StringComparison.Ordinal);
        Bad("neither PNG nor JPEG", "GIF89a"u8.ToArray());
        Bad("neither PNG nor JPEG", []);
        Bad("interlaced", Changed(png, 28, 1));
        Bad("eight bits", Changed(png, 24, 16));
        Bad("eight bits", Changed(png, 25, 7));
        Bad("a side of none", Changed(png, 18, 0x10));
        Bad("larger than", new byte[AppearancePicture.LargestFile + 1]);
        var frame = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        Bad("neither grey", Changed(jpeg, frame + 9, 4));
        // But for the last chunk and the checksum before it, which say nothing.
        for (var length = 8; length < png.Length - 16; length += 7)
            Assert.Throws<FormatException>(() => AppearancePicture.Read(png.AsSpan(0, length)));
        for (var length = 2; length < frame + 9; length++)
            Assert.Throws<FormatException>(() => AppearancePicture.Read(jpeg.AsSpan(0, length)));
    }

    [Fact]
    public void The_longest_side_is_taken_and_one_more_is_not()
    {
        var png = Made("-png", "");
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(16), AppearancePicture.LongestSide + 1);
        Assert.Contains("more than", Assert.Throws<FormatException>(() => AppearancePicture.Read(png)).Message, StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(16), AppearancePicture.LongestSide);
        Assert.Contains("damaged", Assert.Throws<FormatException>(() => AppearancePicture.Read(png)).Message, StringComparison.Ordinal);
    }

    private static int Red(AppearancePicture picture, int x, int y) => picture.Data[(y * picture.Width + x) * picture.Components];

    /// <summary>60 by 40 points, the left half black, the rest not painted.</summary>
    private static byte[] Made(string format, string option)
    {
        var page = PdfBytes.OnePage().Indirect(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 60 40]/Contents 4 0 R>>").Stream(4, "", "0 g 0 0 30 40 re f"u8.ToArray()).Table().ToArray();
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, page);
        var made = Tool.RunWith("pdftocairo", [format, .. option.Length > 0 ? new[] { option } : [], "-r", "72", "-singlefile", path, path]);
        Assert.True(made.ExitCode == 0, made.Text);
        var picture = path + (format == "-png" ? ".png" : ".jpg");
        var bytes = File.ReadAllBytes(picture);
        File.Delete(path);
        File.Delete(picture);
        return bytes;
    }

    private static byte[] Sign(AppearancePicture picture)
    {
        var appearance = new SignatureAppearance { Texts = [], Fonts = [], Picture = picture, Place = new AppearancePlace.InCorner(1, PageCorner.BottomLeft) };
        var request = new SignatureRequest { ContentsBytes = 64, SigningTime = new DateTimeOffset(2026, 11, 23, 9, 8, 7, TimeSpan.Zero), Appearance = appearance };
        var prepared = Assert.IsType<SignaturePreparation.Prepared>(SignatureUpdate.Prepare(Read.Document(PdfBytes.OnePage().Table()), request)).Signature;
        return Assert.IsType<SignedPdf.Written>(prepared.WriteSigned([0x30, 0x03, 0x02, 0x01, 0x01])).File.ToArray();
    }
}
