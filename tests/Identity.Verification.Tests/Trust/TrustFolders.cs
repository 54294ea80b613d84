using System.Security.Cryptography;
using System.Text;
using Identity.Pkix.X509;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Trust;

/// <summary>Folders of anchors with something wrong in them: refused by the file's name, never passed over.</summary>
public sealed class TrustFolders(Hierarchy hierarchy) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("identity-anchors-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Put(string name, string content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private string Root => File.ReadAllText(hierarchy.Pki.CertificatePath("root-ca"));

    private string Refusal() => Assert.Throws<TrustDirectoryException>(() => TrustAnchors.FromDirectories([folder])).Message;

    private static VerificationSettings Production(params string[] folders) => Production("""["1.2.3.6"]""", folders);

    private static VerificationSettings Production(string extensions, string[] folders)
    {
        using var policy = new TemporaryFile(Encoding.UTF8.GetBytes($$"""{"name":"p","version":"7","approvedDocumentsExtensions":{{extensions}}}"""));
        return VerificationSettings.Check(new VerificationOptions { PublicAddress = "https://verification.example/", TrustDirectories = folders, PolicyFile = policy.Path }, production: true);
    }

    [Theory]
    [InlineData("broken.pem", "hello", "holds no certificate: ")]
    [InlineData("empty.cer", "", "holds no certificate: ")]
    [InlineData("cut.der", "0\u0001", "not a readable certificate: ")]
    public void A_file_that_is_no_certificate_is_refused_by_name(string name, string content, string why)
    {
        Put("root.pem", Root);
        var path = Put(name, content);
        Assert.Equal(why + path, Refusal());
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_refused_by_name()
    {
        Put("root.pem", Root);
        var dangling = Path.Combine(folder, "gone.pem");
        File.CreateSymbolicLink(dangling, Path.Combine(folder, "nowhere"));
        Assert.Equal("not a readable certificate: " + dangling, Refusal());
    }

    [Fact]
    public void A_link_to_a_certificate_is_followed_for_mounted_folders_consist_of_them()
    {
        File.CreateSymbolicLink(Path.Combine(folder, "root.pem"), hierarchy.Pki.CertificatePath("root-ca"));
        Assert.Single(TrustAnchors.FromDirectories([folder]).Certificates);
    }

    [Fact]
    public void A_file_at_the_cap_is_read_and_one_byte_more_is_refused()
    {
        var text = Root + new string(' ', TrustAnchors.LargestFile - Root.Length);
        Put("root.pem", text);
        Assert.Single(TrustAnchors.FromDirectories([folder]).Certificates);
        var path = Put("root.pem", text + " ");
        Assert.Equal($"larger than {TrustAnchors.LargestFile} bytes: {path}", Refusal());
    }

    [Theory]
    [InlineData("root.pem")]
    [InlineData("root.key")]
    [InlineData("root.p12")]
    [InlineData("root.PFX")]
    public void A_private_key_among_the_anchors_is_refused(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Put("other.pem", Root);
        var path = Put(name, Root + "\n" + key.ExportPkcs8PrivateKeyPem());
        Assert.Equal("a private key lies among trusted certificates: " + path, Refusal());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""["1.3.6.1.4.1.99999.2.1"]""")]
    public void Production_does_not_start_while_only_the_example_names_approved_documents(string extensions)
    {
        Put("root.pem", Root);
        var refusal = "Verification:PolicyFile names no approvedDocumentsExtensions but the example: in Production they are the Authority's (Authority:ApprovedDocumentsExtension), "
            + "or [] when nobody's certificates name documents";
        Assert.Equal(refusal, Assert.Throws<VerificationSettingException>(() => Production(extensions, [folder])).Message);
        var without = new VerificationOptions { PublicAddress = "https://verification.example/", TrustDirectories = [folder] };
        Assert.Equal(refusal, Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(without, production: true)).Message);
        Assert.Equal(["1.2.3.6"], Production(folder).Policy.ApprovedDocumentsExtensions);
        Assert.Empty(Production("[]", [folder]).Policy.ApprovedDocumentsExtensions);
        Assert.NotEmpty(VerificationSettings.Check(without, production: false).Policy.ApprovedDocumentsExtensions);
    }

    [Fact]
    public void Production_does_not_start_with_an_empty_folder_or_without_any_anchor()
    {
        Assert.Equal("Verification:TrustDirectories is empty, and no trusted list names an anchor: Production would trust nobody",
            Assert.Throws<VerificationSettingException>(() => Production()).Message);
        Put("README.txt", "no certificate");
        Assert.Equal($"Verification:TrustDirectories names a folder without certificates, which Production does not take for nobody: {folder}",
            Assert.Throws<VerificationSettingException>(() => Production(folder)).Message);
        var full = Directory.CreateDirectory(Path.Combine(folder, "full")).FullName;
        File.WriteAllText(Path.Combine(full, "root.pem"), Root);
        Assert.Contains(folder, Assert.Throws<VerificationSettingException>(() => Production(full, folder)).Message, StringComparison.Ordinal);
        Assert.Equal(Certificate.Parse(hierarchy.Pki.Certificate("root-ca")), Assert.Single(Production(full).OwnAnchors.Certificates));
        // A developer begins with nobody.
        Assert.Empty(VerificationSettings.Check(new VerificationOptions { PublicAddress = "http://localhost/", TrustDirectories = [folder] }, production: false).OwnAnchors.Certificates);
    }
}
