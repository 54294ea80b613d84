namespace Identity.Web.Tests;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("deed.pdf", "deed.pdf")]
    [InlineData("Müügileping 2026.pdf", "Müügileping 2026.pdf")]
    [InlineData("买卖合同.pdf", "买卖合同.pdf")]
    [InlineData("عقد بيع.pdf", "عقد بيع.pdf")]
    [InlineData("שטר מכר.pdf", "שטר מכר.pdf")]
    [InlineData("می‌خواهم", "می‌خواهم")]
    [InlineData("👩\u200D⚖️.pdf", "👩\u200D⚖️.pdf")]
    [InlineData("invoice\u202Efdp.exe", "invoice\uFFFDfdp.exe")]
    [InlineData("a\u202Ab\u202Bc\u202Cd\u202De", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe")]
    [InlineData("a\u2066b\u2067c\u2068d\u2069e", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe")]
    [InlineData("a\u200Eb\u200Fc\u061Cd", "a\uFFFDb\uFFFDc\uFFFDd")]
    [InlineData("a\0b\u0007c\u001Bd\u007Fe\u0085f", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf")]
    [InlineData("a\u200Bb\uFEFFc\u00ADd", "a\uFFFDb\uFFFDc\uFFFDd")]
    [InlineData("line\r\nbreak\u2028and\u2029more\ttab", "line break and more tab")]
    [InlineData(" a  b\u00A0\u3000c ", "a b c")]
    [InlineData("tag\U000E0041\U000E0042", "tag\uFFFD\uFFFD")]
    [InlineData("private\uE000", "private\uFFFD")]
    [InlineData("<b>&\"'", "<b>&\"'")]
    public void Shows_what_is_harmless_and_marks_what_hides_or_reorders(string? text, string shown) => Assert.Equal(shown, SafeText.ForDisplay(text));

    [Fact]
    public void A_lone_surrogate_is_marked()
    {
        Assert.Equal("a\uFFFDb", SafeText.ForDisplay("a\uD800b"));
        Assert.Equal("a\uFFFD", SafeText.ForDisplay("a\uDC00"));
    }

    [Fact]
    public void Keeps_four_combining_marks_and_drops_the_fifth()
    {
        Assert.Equal("e\u0301\u0302\u0303\u0304", SafeText.ForDisplay("e\u0301\u0302\u0303\u0304"));
        Assert.Equal("e\u0301\u0302\u0303\u0304x", SafeText.ForDisplay("e\u0301\u0302\u0303\u0304" + new string('\u0305', 500) + "x"));
    }

    [Fact]
    public void Cuts_one_past_the_cap_and_says_so()
    {
        Assert.Equal(new string('a', 200), SafeText.ForDisplay(new string('a', 200)));
        Assert.Equal(new string('a', 199) + "…", SafeText.ForDisplay(new string('a', 201)));
        Assert.Equal("…", SafeText.ForDisplay("ab", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SafeText.ForDisplay("a", 0));
    }

    [Fact]
    public void Never_cuts_a_character_in_two() => Assert.Equal("😀😀…", SafeText.ForDisplay("😀😀😀😀", 3));

    [Theory]
    [InlineData(null, "document.pdf")]
    [InlineData("", "document.pdf")]
    [InlineData("..", "document.pdf")]
    [InlineData("/", "document.pdf")]
    [InlineData("deed.pdf", "deed.pdf")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\Users\\a\\deed.pdf", "deed.pdf")]
    [InlineData(".htaccess", "htaccess")]
    [InlineData("deed.pdf. . ", "deed.pdf")]
    [InlineData("CON", "_CON")]
    [InlineData("nul.pdf", "_nul.pdf")]
    [InlineData("com1.x.pdf", "_com1.x.pdf")]
    [InlineData("a<b>c:d\"e|f?g*h%i;j.pdf", "a_b_c_d_e_f_g_h_i_j.pdf")]
    [InlineData("invoice\u202Efdp.exe", "invoice_fdp.exe")]
    [InlineData("a\r\nSet-Cookie: b.pdf", "a Set-Cookie_ b.pdf")]
    [InlineData("买卖合同.pdf", "买卖合同.pdf")]
    public void A_file_name_has_no_folder_device_or_reserved_character(string? name, string clean) => Assert.Equal(clean, SafeText.FileName(name));

    [Fact]
    public void A_long_file_name_keeps_its_extension()
    {
        Assert.Equal(new string('a', 116) + ".pdf", SafeText.FileName(new string('a', 116) + ".pdf"));
        Assert.Equal(new string('a', 116) + ".pdf", SafeText.FileName(new string('a', 117) + ".pdf"));
        Assert.True(SafeText.FileName(string.Concat(Enumerable.Repeat("😀", 300)) + ".pdf").Length <= SafeText.LongestFileName);
        Assert.DoesNotContain('\uFFFD', SafeText.FileName(string.Concat(Enumerable.Repeat("😀", 300)) + ".pdf"));
    }

    [Theory]
    [InlineData("deed.pdf", "attachment; filename=deed.pdf; filename*=UTF-8''deed.pdf")]
    [InlineData("a\"\r\nX: y.pdf", "attachment; filename=\"a_ X_ y.pdf\"; filename*=UTF-8''a_%20X_%20y.pdf")]
    [InlineData("õ.pdf", "attachment; filename=_.pdf; filename*=UTF-8''%C3%B5.pdf")]
    public void An_attachment_header_is_one_line_of_ascii(string name, string header) => Assert.Equal(header, SafeText.Attachment(name));
}
