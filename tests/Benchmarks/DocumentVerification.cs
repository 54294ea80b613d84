using System.Globalization;

namespace Identity.Benchmarks;

/// <summary>
/// Sealed documents validated with the service's own engine, by size, level, kind of key and number of signatures, each in a process of its own, from bytes in
/// memory to the report as JSON, offline; pdfsig takes turns with it, a process for each file.
/// </summary>
internal static class DocumentVerification
{
    private const int ManySignatures = 50;

    /// <summary>B-B, with OCSP answers that are asked for at DevHost each time; at B-LT and B-LTA they stand in the document.</summary>
    private const string WithStatus = "B-B+OCSP";

    private static readonly Dictionary<string, long> Sizes = new(StringComparer.Ordinal) { ["31kB"] = 31_000, ["50kB"] = 50_000, ["50signatures"] = 31_000, ["10MB"] = 10_800_000, ["100MB"] = 108_000_000 };

    public sealed record Choice(TimeSpan Seconds, TimeSpan Warm, int Rounds, string[] Sizes, string[] Seals, string[] Levels);

    public static Choice All(TimeSpan seconds, TimeSpan warm, int rounds) => new(seconds, warm, rounds, [.. Sizes.Keys], ["p256", "rsa3072"], ["B-B", WithStatus, "B-LT", "B-LTA"]);

    public static async Task Run(Choice choice)
    {
        using var system = await DevelopmentSystem.Start();
        foreach (var kind in new[] { "ecdsap256", "rsa3072" })
            Console.WriteLine(OpensslSpeed.Line(kind));
        foreach (var (size, seal, level) in choice.Sizes.SelectMany(size => choice.Seals.SelectMany(seal => choice.Levels.Select(level => (size, seal, level)))))
        {
            var isAsked = level == WithStatus;
            var file = Sealed(system, size, seal, isAsked ? "B-B" : level);
            var all = new List<MeasuredProcess>();
            try
            {
                // Offline nobody says of a B-B signature that its certificate is not revoked.
                all.Add(Row("", [VerifyingProcess.Ours, file, system.Trust, level == "B-B" ? "INDETERMINATE" : "TOTAL-PASSED", .. isAsked ? new[] { system.Authority } : []]));
                if (!isAsked)
                    all.Add(Row("pdfsig", VerifyingProcess.Pdfsig, file));
                await MeasuredProcess.Measure(all, choice.Warm, choice.Seconds, choice.Rounds);
                foreach (var one in all)
                {
                    var memory = one.Name.Length > 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"   peak {one.PeakMegabytes,5:0} MB, idle {one.IdleMegabytes,4:0} MB");
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{size,-13} {level,-8} {seal,-8} {new FileInfo(file).Length / 1000,7} kB {one.Name,-7} {one.Median.Times / one.Median.Seconds,8:0.0} /s {one.Median.Each,9:0.000} ms CPU each{memory}"));
                }
            }
            finally
            {
                foreach (var one in all)
                    one.Dispose();
                File.Delete(file);
            }
        }
    }

    private static MeasuredProcess Row(string name, params string[] arguments) =>
        new(name, "dotnet", [Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), VerifyingProcess.Mode, .. arguments]);

    /// <summary>What <see cref="SigningProcess"/> leaves behind.</summary>
    private static string Sealed(DevelopmentSystem system, string size, string seal, string level)
    {
        var original = Path.Combine(system.Folder, $"{size}.pdf");
        PagedPdf.Write(original, Sizes[size]);
        var many = size == "50signatures";
        using (var signing = new MeasuredProcess(
            "sealing", "dotnet", Path.Combine(AppContext.BaseDirectory, "Identity.Benchmarks.dll"), SigningProcess.Mode, system.Folder, system.Authority, seal, level, original, many ? "again" : "file", "http"))
        {
            for (var times = 0; times < (many ? ManySignatures : 1); times++)
                signing.Run(TimeSpan.Zero);
        }

        var file = Path.Combine(system.Folder, $"{size}-{seal}-{level}.pdf");
        File.Move(Path.Combine(system.Folder, "signed.pdf"), file);
        File.Delete(original);
        return file;
    }
}
