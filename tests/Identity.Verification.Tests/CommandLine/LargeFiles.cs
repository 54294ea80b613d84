using System.Text.Json;
using Identity.TestKit;
using Identity.TestKit.Pdf;
using Identity.Verification.CommandLine;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.CommandLine;

/// <summary>What `verify` takes of memory, as a process, with large files and with hostile ones.</summary>
public sealed class LargeFiles(Hierarchy hierarchy) : IDisposable
{
    private const long Megabyte = 1024 * 1024;

    private readonly string folder = Directory.CreateTempSubdirectory("identity-large-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>The file is a hole but for its ends, and takes no room on the disk.</summary>
    [Fact]
    public async Task Five_hundred_megabytes_are_validated_with_bounded_memory()
    {
        var file = Signed(500 * Megabyte);
        var small = await VerifyProcess.Run(Write("small.pdf", hierarchy.Sign(HandMadePdf.Plain())), null, "--trust", Trust());
        var large = await VerifyProcess.Run(file, null, "--trust", Trust());

        IsIntact(large.Report);
        Assert.InRange(large.Peak - small.Peak, long.MinValue, 48 * Megabyte);
    }

    [Fact]
    public async Task A_large_file_through_a_pipe_is_not_held_in_memory()
    {
        var file = Signed(200 * Megabyte);
        var piped = await VerifyProcess.Run("-", async pipe =>
        {
            await using var source = File.OpenRead(file);
            await source.CopyToAsync(pipe, TestContext.Current.CancellationToken);
        }, "--trust", Trust());

        IsIntact(piped.Report);
        Assert.InRange(piped.Peak, 0, 180 * Megabyte);
    }

    [Fact]
    public async Task A_byte_changed_in_the_middle_of_a_large_file_is_found()
    {
        var file = Signed(100 * Megabyte);
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write))
        {
            stream.Position = 50 * Megabyte;
            stream.WriteByte(1);
        }
        var signature = (await VerifyProcess.Run(file, null, "--trust", Trust())).Report.GetProperty("signatures")[0];
        Assert.Equal(("broken", "HASH_FAILURE"), (signature.GetProperty("integrity").GetString(), signature.GetProperty("subIndication").GetString()));
    }

    /// <summary>What was read of it at different times is no document that anybody has.</summary>
    [Theory]
    [InlineData(DocumentOnDisk.LargestInMemory + 1, true)]
    [InlineData(DocumentOnDisk.LargestInMemory, false)]
    public async Task Somebody_who_writes_to_a_large_file_meanwhile_is_noticed(int length, bool matters)
    {
        var path = Path.Combine(folder, "large.pdf");
        LargePdf.Write(path, length);
        using var document = await DocumentOnDisk.Read(path, Stream.Null, long.MaxValue, toMemory: false, TestContext.Current.CancellationToken);
        Assert.False(document!.HasChanged());
        await File.AppendAllTextAsync(path, "more", TestContext.Current.CancellationToken);
        Assert.Equal(matters, document.HasChanged());
    }

    /// <summary>Each is answered with less than 200 MB resident; how long it takes is measured by the benchmark `hostile`, and that the service answers the next request is in HostileUploads.</summary>
    [Theory]
    [InlineData("double-flate-bomb", "too-large")]
    [InlineData("prev-self", "malformed")]
    [InlineData("nested-arrays-200000", "too-large")]
    [InlineData("objects-300000", null)]
    [InlineData("fields-20000", null)]
    public async Task A_hostile_file_costs_little(string name, string? error)
    {
        var answer = await VerifyProcess.Run(Write(name + ".pdf", HostilePdf.All.Single(file => file.Name == name).Make()));

        Assert.Equal(error, answer.Report.GetProperty("error") is { ValueKind: JsonValueKind.Object } said ? said.GetProperty("code").GetString() : null);
        Assert.InRange(answer.Peak, 0, 200 * Megabyte);
    }

    private static void IsIntact(JsonElement report) => Assert.Equal("intact", report.GetProperty("integrity").GetString());

    private string Signed(long length)
    {
        var path = Path.Combine(folder, "large.pdf");
        LargePdf.Write(path, length);
        LargePdf.Sign(path, digest => hierarchy.Cms([], new CmsShape { ContentDigest = digest }));
        return path;
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Trust()
    {
        var trust = Directory.CreateDirectory(Path.Combine(folder, "trust")).FullName;
        File.Copy(hierarchy.Pki.CertificatePath("root-ca"), Path.Combine(trust, "root-ca.cer.pem"), overwrite: true);
        return trust;
    }
}
