using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Benchmarks;

/// <summary>
/// Files made to cost a verifier time or memory, each before a Verification process of its own that has been warmed with ordinary documents: wall and CPU time, peak
/// memory, and the CPU time of an ordinary file of the same size beside it.
/// </summary>
internal static class HostileFiles
{
    private const int WarmRequests = 40;
    private const double Megabyte = 1024 * 1024;

    public static async Task Run(IReadOnlyCollection<string> only)
    {
        Console.WriteLine($"{"file",-30} {"kB",6} {"wall s",7} {"CPU s",6} {"peak MB",8} {"+ MB",5} {"benign CPU s",12} {"ratio",6}  answer");
        foreach (var hostile in HostilePdf.All.Where(file => only.Count == 0 || only.Contains(file.Name)))
        {
            var file = hostile.Make();
            using var service = await ServiceProcess.Start(DevelopmentSystem.Built("Identity.Verification"), new Dictionary<string, string>(), "--environment=Development",
                "--Verification:PublicAddress=http://localhost:5300/", "--Verification:DrawPages=false", "--Logging:LogLevel:Default=Error");
            var ordinary = Ordinary(file.Length);
            for (var at = 0; at < WarmRequests; at++)
                await Ask(service, at % 10 == 0 ? ordinary : HandMadePdf.Plain());
            var (_, benign, _, _) = await Measure(service, ordinary);
            var before = service.ResidentBytes;
            var (wall, cpu, peak, answer) = await Measure(service, file);
            await Ask(service, HandMadePdf.Plain());
            // CPU time is counted in hundredths of a second: below that a ratio says nothing.
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{hostile.Name,-30} {file.Length / 1024,6} {wall,7:0.00} {cpu,6:0.00} {peak / Megabyte,8:0} {(peak - before) / Megabyte,5:0} {benign,12:0.00} {cpu / Math.Max(benign, 0.01),6:0.0}  {answer}"));
        }
    }

    private static async Task<(double Wall, double Cpu, long Peak, string Answer)> Measure(ServiceProcess service, byte[] file)
    {
        service.ForgetPeak();
        var (cpu, watch) = (service.Cpu, System.Diagnostics.Stopwatch.StartNew());
        var answer = await Ask(service, file);
        return (watch.Elapsed.TotalSeconds, (service.Cpu - cpu).TotalSeconds, service.PeakBytes, answer);
    }

    private static async Task<string> Ask(ServiceProcess service, byte[] file)
    {
        using var document = new ByteArrayContent(file);
        document.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using var form = new MultipartFormDataContent { { document, "file", "file.pdf" } };
        using var response = await service.Client.PostAsync(new Uri("v1/validations", UriKind.Relative), form);
        using var report = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var error = report.RootElement.GetProperty("error");
        return error.ValueKind == System.Text.Json.JsonValueKind.Object ? error.GetProperty("message").GetString()! : report.RootElement.GetProperty("conclusion").GetString()!;
    }

    /// <summary>What producers write: pages with text and pictures, an object for some kB.</summary>
    private static byte[] Ordinary(int length)
    {
        var file = PdfBytes.OnePage();
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("BT /F1 12 Tf 72 720 Td (An ordinary line of text) Tj ET\n", 20)));
        for (var number = 10; file.Length < length - 2000; number += 2)
            file.Stream(number, "", content).Indirect(number + 1, $"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {number} 0 R/Resources<</Font<</F1 5 0 R>>>>>>");
        return file.Table().ToArray();
    }
}
