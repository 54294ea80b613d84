using Identity.TestKit;

namespace Identity.Verification.Tests.Fixtures;

/// <summary>The page that is sold for 100 EUR, encrypted by qpdf. The owner's password is `owner`.</summary>
internal static class EncryptedPdf
{
    /// <param name="variant">Arguments of qpdf: bits of the key and what goes with them.</param>
    /// <param name="user">The password that opens it; empty for one that opens without being asked.</param>
    public static byte[] By(string variant, string user, string option = "--object-streams=disable")
    {
        var folder = Directory.CreateTempSubdirectory("identity-encrypted-").FullName;
        try
        {
            var (plain, encrypted) = (Path.Combine(folder, "plain.pdf"), Path.Combine(folder, "encrypted.pdf"));
            File.WriteAllBytes(plain, HandMadePdf.Plain());
            var made = Tool.RunWith("qpdf", ["--allow-weak-crypto", "--warning-exit-0", "--stream-data=uncompress", option, "--encrypt", user, "owner", .. variant.Split(' '), "--", plain, encrypted]);
            Assert.True(made.ExitCode == 0, made.Text);
            return File.ReadAllBytes(encrypted);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
