namespace Identity.Provider.Sessions;

public sealed class SessionLimitsTests
{
    [Theory]
    [InlineData("00:00:10", "12:00:00", null)]
    [InlineData("02:00:00", "1.00:00:00", null)]
    [InlineData("00:00:09", "12:00:00", "Sessions:Idle")]
    [InlineData("02:00:01", "12:00:00", "Sessions:Idle")]
    [InlineData("00:15:00", "00:14:59", "Sessions:Absolute")]
    [InlineData("00:15:00", "1.00:00:01", "Sessions:Absolute")]
    public void A_refusal_names_the_limit(string idle, string absolute, string? refused)
    {
        var options = new SessionOptions
        {
            Idle = TimeSpan.Parse(idle, System.Globalization.CultureInfo.InvariantCulture),
            Absolute = TimeSpan.Parse(absolute, System.Globalization.CultureInfo.InvariantCulture),
        };
        var problem = Record.Exception(() => SessionLimits.Check(options));
        if (refused is null)
            Assert.Null(problem);
        else
            Assert.Contains(refused, Assert.IsType<ProviderSettingsException>(problem).Message, StringComparison.Ordinal);
    }
}
