using System.Globalization;
using Identity.TestKit;

namespace Identity.Benchmarks;

/// <summary>
/// Documents signed with the service's own code, by size, level and kind of key, each in a process of its own, whose CPU time and peak memory are its own; B-B
/// beside PDFBox in one warmed JVM, in turn. Time-stamps and OCSP answers come from DevHost, another process; what they cost there is printed apart.
/// </summary>
internal static class DocumentSigning
{
    private static readonly Dictionary<string, long> Sizes = new(StringComparer.Ordinal) { ["31kB"] = 31_000, ["50kB"] = 50_000, ["10MB"] = 10_800_000, ["100MB"] = 108_000_000 };
    private static readonly string[] Jars = ["pdfbox2", "fontbox2", "commons-logging", "bcpkix", "bcprov", "bcutil"];

    public sealed record Choice(TimeSpan Seconds, TimeSpan Warm, int Rounds, string[] Sizes, string[] Seals, string[] Levels);

    public static Choice All(TimeSpan seconds, TimeSpan warm, int rounds) => new(seconds, warm, rounds, [.. Sizes.Keys], [.. DevelopmentSystem.Seals], ["B-B", "B-T", "B-LTA"]);

    public static async Task Run(Choice choice)
    {
        using var system = await DevelopmentSystem.Start();
        foreach (var kind in new[] { "ecdsap256", "rsa3072" })
            Console.WriteLine(OpensslSpeed.Line(kind));
        foreach (var size in choice.Sizes)
        {
            var file = Path.Combine(system.Folder, $"{size}.pdf");
            PagedPdf.Write(file, Sizes[size]);
            foreach (var (seal, level) in choice.Seals.SelectMany(seal => choice.Levels.Select(level => (seal, level))))
            {
                var before = Meter.Of(system.ProcessId);
                var all = new List<MeasuredProcess>();
                try
                {
                    // The smallest in memory, as its peers were measured; larger ones from file to file.
                    var place = size == "31kB" ? "memory" : "file";
                    all.Add(Ours(level, "http", place));
                    if (level == "B-T" && size == "31kB")
                        all.Add(Ours("B-T", "inside", place));
                    if (level == "B-B" && !seal.EndsWith("token", StringComparison.Ordinal))
                        all.Add(PdfBox(system, seal, file, place));
                    await MeasuredProcess.Measure(all, choice.Warm, choice.Seconds, choice.Rounds);
                    foreach (var one in all)
                        Print($"{size,-6} {level,-6} {seal,-11} {one.Name,-16}", one);
                    if (level != "B-B")
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"       DevHost meanwhile {(Meter.Of(system.ProcessId).Cpu - before.Cpu).TotalMilliseconds / 1000:0.0} s"));
                }
                finally
                {
                    foreach (var one in all)
                        one.Dispose();
                }

                MeasuredProcess Ours(string level, string stamps, string place) => new(
                    stamps == "inside" ? "TSA inside" : "", "dotnet", Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), SigningProcess.Mode, system.Folder, system.Authority, seal, level, file, place, stamps);
            }
        }
    }

    private static MeasuredProcess PdfBox(DevelopmentSystem system, string seal, string file, string place) => new(
        "PDFBox", "java", "-cp", string.Join(':', Jars.Select(jar => $"/usr/share/java/{jar}.jar")), Path.Combine(Repository.Root, "tests", "Benchmarks", "peers", "PdfBoxSigner.java"),
        file, Path.Combine(system.SealKeys, seal + ".key.pem"), Path.Combine(system.SealKeys, seal + ".cer.pem"), place);

    private static void Print(string row, MeasuredProcess one) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{row} {one.Median.Times / one.Median.Seconds,8:0.0} /s {one.Median.Each,9:0.000} ms CPU each   peak {one.PeakMegabytes,5:0} MB, idle {one.IdleMegabytes,4:0} MB"));
}
