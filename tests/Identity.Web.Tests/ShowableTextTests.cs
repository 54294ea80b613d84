namespace Identity.Web.Tests;

public sealed class ShowableTextTests
{
    private const string NonJoiner = "\u200C";
    private const string Joiner = "\u200D";

    /// <summary>Text that cannot be written without a joiner.</summary>
    public static TheoryData<string, string> Joined => new()
    {
        { "Persian", "نام\u200Cها.pdf" },
        { "Persian, between marked letters", "مَ\u200Cمَ" },
        { "Syriac", "ܒ\u200Cܒ" },
        { "Adlam, beyond 16 bits", "\U0001E922\u200C\U0001E923" },
        { "Devanagari", "क्\u200Dष" },
        { "Devanagari, Kannada's way", "ಕ್\u200Cಷ" },
        { "Bengali, joiner before the virama", "র\u200D্য" },
        { "Sinhala", "ශ\u0DCA\u200Dරී" },
        { "Malayalam, at the end", "മോഹന\u0D4D\u200D" },
        { "Malayalam, before another word", "മോഹന\u0D4D\u200D Nair" },
    };

    [Theory]
    [MemberData(nameof(Joined))]
    public void A_joiner_between_two_letters_of_a_script_that_needs_it_is_shown(string what, string text)
    {
        Assert.NotEmpty(what);
        Assert.True(ShowableText.IsShowable(text), what);
        Assert.Equal(text, ShowableText.WithoutHidden(text));
    }

    [Theory]
    [InlineData("Tax Portal", false)]
    [InlineData("\u0422ax Portal", true)]
    [InlineData("Tax P\u043Ertal", true)]
    [InlineData("T\u03B1x", true)]
    [InlineData("\u03A4\u0430\u0445", true)]
    [InlineData("\uFF34\u0430x", true)]
    [InlineData("e\u0301\u0430", true)]
    [InlineData("Налоговая служба Tax Portal", false)]
    [InlineData("Ελλάδα-Tax", false)]
    [InlineData("Maksu- ja Tolliamet", false)]
    [InlineData("Žižkov Őrség Ǆ", false)]
    [InlineData("税务Portal", false)]
    [InlineData("Tax2Портал", false)]
    [InlineData("", false)]
    public void Letters_of_alphabets_that_look_alike_are_not_mixed_in_one_word(string text, bool mixes) => Assert.Equal(mixes, ShowableText.MixesAlphabets(text));

    public static TheoryData<string, string> Hidden => new()
    {
        { "between Latin letters", $"pay{NonJoiner}pal" },
        { "between Latin letters", $"pay{Joiner}pal" },
        { "between Cyrillic letters", $"п{Joiner}а" },
        { "between Han", $"买{NonJoiner}卖" },
        { "between Hebrew letters", $"ש{NonJoiner}ט" },
        { "in emoji", $"👩{Joiner}⚖️" },
        { "at the beginning", $"{NonJoiner}نام" },
        { "at the end", $"نام{NonJoiner}" },
        { "before a space", $"نام{NonJoiner} ها" },
        { "after a space", $"نام {NonJoiner}ها" },
        { "two of them", $"نام{NonJoiner}{NonJoiner}ها" },
        { "one of each", $"نام{NonJoiner}{Joiner}ها" },
        { "between two scripts", $"م{NonJoiner}क" },
        { "between letter and digit", $"نام{NonJoiner}۱" },
        { "between letter and Latin", $"نام{NonJoiner}a" },
        { "before a full stop", $"نام{NonJoiner}.pdf" },
        { "between presentation forms, which do not join", $"\uFE8D{NonJoiner}\uFE8E" },
        { "a non-joiner at the end in Malayalam", $"മോഹന\u0D4D{NonJoiner}" },
        { "at the end after another virama", $"क\u094D{Joiner}" },
        { "beside half a character", $"م{NonJoiner}\uD83A" },
        { "zero width space", "a\u200Bb" },
        { "word joiner", "a\u2060b" },
        { "byte order mark", "a\uFEFFb" },
        { "soft hyphen", "a\u00ADb" },
        { "Arabic letter mark", "م\u061Cم" },
        { "bidirectional override", "a\u202Eb" },
        { "bidirectional isolate", "a\u2066b" },
        { "control", "a\u0007b" },
        { "line end", "a\nb" },
        { "line separator", "a\u2028b" },
        { "paragraph separator", "a\u2029b" },
        { "private use", "a\uE000b" },
        { "unassigned", "a\u0378b" },
        { "tag", "a\U000E0041b" },
        { "half a character", "a\uD800b" },
        { "the other half", "a\uDC00b" },
        { "replacement", "a\uFFFDb" },
    };

    [Theory]
    [MemberData(nameof(Hidden))]
    public void What_hides_or_reorders_is_not(string what, string text)
    {
        Assert.NotEmpty(what);
        Assert.False(ShowableText.IsShowable(text), what);
        var shown = ShowableText.WithoutHidden(text);
        Assert.NotEqual(text, shown);
        Assert.True(ShowableText.IsShowable(shown), what);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(" \u3000 ", false)]
    [InlineData("a", true)]
    [InlineData("Müügileping 2026.pdf", true)]
    [InlineData("买卖合同.pdf", true)]
    [InlineData("עסקה.pdf", true)]
    [InlineData("a😀", true)]
    public void Plain_text_is_shown_and_blank_is_not(string text, bool showable) => Assert.Equal(showable, ShowableText.IsShowable(text));

    [Fact]
    public void The_cap_counts()
    {
        Assert.True(ShowableText.IsShowable("abc", 3));
        Assert.False(ShowableText.IsShowable("abcd", 3));
    }
}
