using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Identity.TestKit;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Pictures;

/// <summary>The service where the system does not let it isolate a program: as root of a name space with one user, it can become nobody else.</summary>
public sealed class WithoutSandbox(Hierarchy hierarchy)
{
    [Fact]
    public async Task Nothing_is_drawn_the_operator_is_told_once_and_the_changes_are_told_in_words()
    {
        Assert.SkipUnless(Tool.Run("unshare", "--user", "--map-root-user", "true").ExitCode == 0, "user name spaces are not allowed here");
        var trust = Directory.CreateTempSubdirectory("identity-trust-").FullName;
        File.Copy(hierarchy.Pki.CertificatePath("root-ca"), Path.Combine(trust, "root-ca.cer.pem"));
        var folder = Path.GetDirectoryName(typeof(VerificationApp).Assembly.Location)!;
        var start = new ProcessStartInfo("unshare",
        [
            "--user", "--map-root-user", "--kill-child", "--fork", "--", "dotnet",
            Path.Combine(folder, "Identity.Verification.dll"), "--environment=Development", "--urls=http://127.0.0.1:0",
            "--Verification:PublicAddress=http://localhost:5300/", $"--Verification:TrustDirectories:0={trust}",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var service = Process.Start(start)!;
        try
        {
            var said = new StringBuilder();
            var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
            void Hear(object sender, DataReceivedEventArgs line)
            {
                lock (said)
                    said.AppendLine(line.Data);
                const string listening = "Now listening on: ";
                if (line.Data?.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
                    address.TrySetResult(new Uri(line.Data[(at + listening.Length)..].TrimEnd('"', '}')));
            }
            service.OutputDataReceived += Hear;
            service.ErrorDataReceived += Hear;
            service.BeginOutputReadLine();
            service.BeginErrorReadLine();
            using var client = new HttpClient { BaseAddress = await address.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken) };
            var changed = HandMadePdf.Append(hierarchy.Sign(HandMadePdf.Plain()), (HandMadePdf.Content, HandMadePdf.Stream("BT ET")));
            for (var upload = 0; upload < 2; upload++)
            {
                using var document = new ByteArrayContent(changed) { Headers = { ContentType = new MediaTypeHeaderValue("application/pdf") } };
                using var form = new MultipartFormDataContent { { document, "file", "deed.pdf" } };
                using var answer = await client.PostAsync(new Uri("/", UriKind.Relative), form, TestContext.Current.CancellationToken);
                var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                Assert.DoesNotContain("data:image/png", page, StringComparison.Ordinal);
                Assert.Contains("Page 1: the content was replaced.", page, StringComparison.Ordinal);
            }
            string all;
            lock (said)
                all = said.ToString();
            Assert.Equal(2, all.Split("Pages are not drawn, changes are told in words: the system does not permit user name spaces with mounts of their own").Length);
        }
        finally
        {
            service.Kill(entireProcessTree: true);
            Directory.Delete(trust, recursive: true);
        }
    }
}
