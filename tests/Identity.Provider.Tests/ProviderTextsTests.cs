using System.Text.RegularExpressions;
using System.Xml.Linq;
using Identity.TestKit;

namespace Identity.Provider;

public sealed partial class ProviderTextsTests
{
    private static readonly string Source = Path.Combine(Repository.Root, "src", "Identity.Provider");

    public static TheoryData<string> Translations => ["ProviderTexts.et.resx", "ProviderTexts.zh-Hans.resx"];

    [Theory]
    [MemberData(nameof(Translations))]
    public void Every_text_is_translated_with_the_same_places_to_fill(string translation)
    {
        var english = Read("ProviderTexts.resx");
        var other = Read(translation);
        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), other.Keys.Order(StringComparer.Ordinal));
        Assert.All(english, text => Assert.Equal(Places(text.Value), Places(other[text.Key])));
        Assert.All(other.Values, text => Assert.False(string.IsNullOrWhiteSpace(text)));
    }

    [Fact]
    public void Every_text_that_a_page_asks_for_exists_and_none_is_left_that_nobody_names()
    {
        var sources = Directory.EnumerateFiles(Source, "*.cs*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".cshtml" && !Path.GetRelativePath(Source, file).StartsWith("obj", StringComparison.Ordinal))
            .Select(File.ReadAllText).ToList();
        var texts = Read("ProviderTexts.resx").Keys.ToHashSet(StringComparer.Ordinal);
        Assert.Empty(sources.SelectMany(source => Asked().Matches(source).Select(match => match.Groups[1].Value)).Except(texts));
        Assert.Empty(texts.Except(sources.SelectMany(source => Names().Matches(source).Select(match => match.Groups[1].Value))));
    }

    private static Dictionary<string, string> Read(string file) => XDocument.Load(Path.Combine(Source, file)).Root!.Elements("data")
        .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value, StringComparer.Ordinal);

    private static IEnumerable<string> Places(string text) => Filled().Matches(text).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);

    [GeneratedRegex("""(?i:texts)\["([A-Za-z]+)"[\],]""")]
    private static partial Regex Asked();

    // Names in pages and page models are string literals.
    [GeneratedRegex("\"([A-Z][A-Za-z]+)\"")]
    private static partial Regex Names();

    [GeneratedRegex(@"\{[0-9]+\}")]
    private static partial Regex Filled();
}
