using Identity.Pdf.Fonts;

namespace Identity.Signing.Appearances;

/// <summary>The fonts in which signatures are written on pages: for each character the first that has it.</summary>
internal static class AppearanceFonts
{
    private static readonly string[] Vendored = ["NotoSans-Regular.ttf", "DroidSansFallbackFull.ttf"];
    private static readonly Lazy<IReadOnlyList<TrueTypeFont>> Own = new(() => [.. Vendored.Select(Load)]);

    /// <summary>The service's own, and behind them those in the operator's folder, by name.</summary>
    /// <param name="folder">Null for none.</param>
    public static IReadOnlyList<TrueTypeFont> Open(string? folder)
    {
        if (string.IsNullOrWhiteSpace(folder))
            return Own.Value;
        if (!Directory.Exists(folder))
            throw new SettingRefusedException("AppearanceFonts", "must name a directory that exists.");
        var more = new List<TrueTypeFont>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.ttf").Order(StringComparer.Ordinal))
        {
            try
            {
                more.Add(TrueTypeFont.Read(File.ReadAllBytes(file)));
            }
            catch (FormatException e)
            {
                throw new SettingRefusedException("AppearanceFonts", $"holds {Path.GetFileName(file)}, which cannot be used: {e.Message}.");
            }
        }
        return [.. Own.Value, .. more];
    }

    private static TrueTypeFont Load(string name)
    {
        using var resource = typeof(AppearanceFonts).Assembly.GetManifestResourceStream("fonts/" + name) ?? throw new InvalidOperationException($"The font {name} is not built in.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return TrueTypeFont.Read(bytes);
    }
}
