using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Identity.TestKit.Pdf;

/// <summary>A signed PDF as other programs see it: cut apart by hand and judged by pdfsig, qpdf, mutool and openssl.</summary>
public sealed partial class ExaminedPdf : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-signed-").FullName;
    private readonly string root;
    private readonly string issuing;

    /// <param name="file">The whole PDF.</param>
    /// <param name="root">Path of the root's certificate (PEM), the only one that is trusted.</param>
    /// <param name="issuing">Path of the issuing authority's certificate (PEM), which openssl needs beside a time-stamp token.</param>
    public ExaminedPdf(byte[] file, string root, string issuing)
    {
        (File, this.root, this.issuing) = (file, root, issuing);
        System.IO.File.WriteAllBytes(Path_("signed.pdf"), file);
    }

    public byte[] File { get; }

    /// <summary>Which signature the methods below look at, in file order (negative: from the end); null for the newest, which must cover the whole file.</summary>
    public int? At { get; init; }

    public ToolResult Pdfsig()
    {
        Tool.RunWith("certutil", ["-N", "-d", "sql:" + folder, "--empty-password"]);
        Tool.RunWith("certutil", ["-A", "-d", "sql:" + folder, "-n", "root", "-t", "CT,C,C", "-i", root]);
        return Tool.RunWith("pdfsig", ["-nssdir", folder, Path_("signed.pdf")]);
    }

    /// <summary>With the root in a database of trusted ones that is there already.</summary>
    public ToolResult Pdfsig(string database, string password) =>
        Tool.RunWith("pdfsig", ["-nssdir", database, "-upw", password, "-opw", password, Path_("signed.pdf")]);

    /// <summary>Digests and values only: nobody's certificate, and no responder, is asked about.</summary>
    public ToolResult PdfsigWithoutCertificates() => Tool.RunWith("pdfsig", ["-nocert", Path_("signed.pdf")]);

    public ToolResult Qpdf(string password = "") => Tool.RunWith("qpdf", ["--password=" + password, "--check", Path_("signed.pdf")]);

    public ToolResult Mutool(string password = "") => Tool.RunWith("mutool", ["sign", "-p", password, "-v", Path_("signed.pdf")]);

    /// <summary>The CMS of the newest signature, by its DER length.</summary>
    public byte[] Cms()
    {
        var (start, length) = Contents();
        var hex = Encoding.ASCII.GetString(File, start + 1, length - 2);
        var padded = Convert.FromHexString(hex);
        // Long form with two length octets: 30 82 hh ll.
        Assert.Equal([0x30, 0x82], padded[..2]);
        var end = 4 + (padded[2] << 8) + padded[3];
        Assert.All(padded[end..], padding => Assert.Equal(0, padding));
        return padded[..end];
    }

    /// <summary>What the newest signature covers, taken by its ByteRange.</summary>
    public byte[] Covered()
    {
        var (start, length) = Contents();
        return [.. File[..start], .. File[(start + length)..Range()[^1]]];
    }

    public ToolResult OpensslCms()
    {
        System.IO.File.WriteAllBytes(Path_("cms.der"), Cms());
        System.IO.File.WriteAllBytes(Path_("covered.bin"), Covered());
        return Tool.RunWith("openssl", ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", Path_("cms.der"), "-content", Path_("covered.bin"),
            "-CAfile", root, "-purpose", "any", "-signer", SignerCertificate, "-out", Path_("out.bin")]);
    }

    /// <summary>Path of the signer's certificate (PEM), once <see cref="OpensslCms"/> has succeeded.</summary>
    public string SignerCertificate => Path_("signer.pem");

    /// <summary>The time-stamp, cut out of the CMS, over the signature value, both found by openssl's own parser.</summary>
    public ToolResult OpensslTs()
    {
        System.IO.File.WriteAllBytes(Path_("cms.der"), Cms());
        var lines = Tool.RunWith("openssl", ["asn1parse", "-inform", "DER", "-in", Path_("cms.der")]).Output.Split('\n');
        var attribute = Array.FindIndex(lines, line => line.Contains("id-smime-aa-timeStampToken", StringComparison.Ordinal));
        Assert.True(attribute > 0, "no signature-time-stamp");
        var token = Element(lines[attribute + 2]);
        // SignerInfo: ... signature OCTET STRING, then [1] unsigned attributes.
        var value = Element(lines.Take(attribute).Last(line => line.Contains("OCTET STRING", StringComparison.Ordinal)));
        var cms = Cms();
        System.IO.File.WriteAllBytes(Path_("token.der"), cms[token.Offset..(token.Offset + token.Header + token.Length)]);
        System.IO.File.WriteAllBytes(Path_("value.bin"), cms[(value.Offset + value.Header)..(value.Offset + value.Header + value.Length)]);
        return Tool.RunWith("openssl", ["ts", "-verify", "-token_in", "-in", Path_("token.der"), "-data", Path_("value.bin"), "-CAfile", root, "-untrusted", issuing]);
    }

    /// <summary>The token of a document time-stamp over the bytes that it covers.</summary>
    public ToolResult OpensslDocumentTimestamp()
    {
        System.IO.File.WriteAllBytes(Path_("token.der"), Cms());
        System.IO.File.WriteAllBytes(Path_("value.bin"), Covered());
        return Tool.RunWith("openssl", ["ts", "-verify", "-token_in", "-in", Path_("token.der"), "-data", Path_("value.bin"), "-CAfile", root, "-untrusted", issuing]);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Path_(string file) => Path.Combine(folder, file);

    private (int Start, int Length) Contents()
    {
        var numbers = Range();
        Assert.Equal(0, numbers[0]);
        if (At is null)
            Assert.Equal(File.Length, numbers[^1]);
        Assert.Equal((byte)'<', File[numbers[1]]);
        Assert.Equal((byte)'>', File[numbers[2] - 1]);
        return (numbers[1], numbers[2] - numbers[1]);
    }

    /// <summary>Start, end of the first part, start and end of the second.</summary>
    private int[] Range()
    {
        var ranges = ByteRange().Matches(Encoding.Latin1.GetString(File));
        var numbers = ranges[At is >= 0 and var at ? at : ranges.Count + (At ?? -1)].Groups.Values.Skip(1).Select(group => int.Parse(group.Value, CultureInfo.InvariantCulture)).ToArray();
        return [numbers[0], numbers[1], numbers[2], numbers[2] + numbers[3]];
    }

    private static (int Offset, int Header, int Length) Element(string line)
    {
        var match = Asn1Line().Match(line);
        return (Number(match, 1), Number(match, 2), Number(match, 3));
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")]
    private static partial Regex ByteRange();

    [GeneratedRegex(@"^\s*(\d+):d=\s*\d+\s+hl=\s*(\d+)\s+l=\s*(\d+)")]
    private static partial Regex Asn1Line();
}
