using Identity.Provider.Sessions;

namespace Identity.Provider.Authorize;

/// <summary>The decision as a table: each row changes one thing.</summary>
public sealed class NextStepTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    private static readonly StepSession Session = new("liis", Now.AddMinutes(-30), AssuranceLevel.Substantial, AssuranceLevel.Substantial);
    private static readonly StepSession WithKey = Session with { Reachable = AssuranceLevel.High };
    private static readonly StepSession High = WithKey with { Level = AssuranceLevel.High };
    private static readonly string[] HighOnly = [AssuranceLevel.High];
    private static readonly string[] Any = [AssuranceLevel.High, AssuranceLevel.Substantial];
    private static readonly string[] Foreign = ["urn:example:gold"];
    private static readonly RequestFacts Nothing = new(null, false, false);
    private static readonly RequestFacts Begun = new(Now.AddMinutes(-2), false, false);

    public static TheoryData<string, StepRequest, StepSession?, bool, bool, NextStep> Table => new()
    {
        { "all is there", Request(), Session, true, false, new NextStep.Answer() },
        { "nobody signed in", Request(), null, true, false, new NextStep.Login() },
        { "nobody signed in, silent", Request("none"), null, true, false, new NextStep.Deny("login_required") },
        { "no consent", Request(), Session, false, false, new NextStep.Consent() },
        { "no consent, silent", Request("none"), Session, false, false, new NextStep.Deny("consent_required") },
        { "silent and all there", Request("none"), Session, true, false, new NextStep.Answer() },
        { "login asked", Request("login"), Session, true, false, new NextStep.Login() },
        { "login asked, pages begun, not yet signed in again", Request("login", Begun), Session, true, false, new NextStep.Login() },
        { "login asked and done", Request("login", Begun), Session with { AuthenticatedAt = Now.AddMinutes(-1) }, true, false, new NextStep.Answer() },
        { "consent asked", Request("consent"), Session, true, false, new NextStep.Consent() },
        { "consent asked, given for an earlier request", Request("consent", Begun), Session, true, false, new NextStep.Consent() },
        { "consent asked and given", Request("consent", Begun with { Consented = true }), Session, true, false, new NextStep.Answer() },
        { "consent given before, to an application of a device", Request() with { Unassured = true }, Session, true, false, new NextStep.Consent() },
        { "consent given before, to an application of a device, silent", Request("none") with { Unassured = true }, Session, true, false, new NextStep.Deny("consent_required") },
        { "consent given now, to an application of a device", Request(facts: Begun with { Consented = true }) with { Unassured = true }, Session, true, false, new NextStep.Answer() },
        { "consent reported but not stored", Request(facts: Begun with { Consented = true }), Session, false, false, new NextStep.Consent() },
        { "max_age kept", Request(maxAge: 1801), Session, true, false, new NextStep.Answer() },
        { "max_age passed", Request(maxAge: 1799), Session, true, false, new NextStep.Login() },
        { "max_age passed, silent", Request("none", maxAge: 1799), Session, true, false, new NextStep.Deny("login_required") },
        { "max_age 0", Request(maxAge: 0), Session with { AuthenticatedAt = Now.AddSeconds(-1) }, true, false, new NextStep.Login() },
        { "max_age 0 and signed in since", Request(facts: Begun, maxAge: 0), Session with { AuthenticatedAt = Now.AddMinutes(-1) }, true, false, new NextStep.Answer() },
        { "hint of this person", Request(hint: "liis"), Session, true, false, new NextStep.Answer() },
        { "hint of another", Request(hint: "wei"), Session, true, false, new NextStep.Login() },
        { "hint of another, silent", Request("none", hint: "wei"), Session, true, false, new NextStep.Deny("login_required") },
        { "hint of another, and this one signed in again", Request(facts: Begun, hint: "wei"), Session with { AuthenticatedAt = Now }, true, false, new NextStep.Deny("login_required") },
        { "hint of nobody", Request(hint: ""), Session, true, false, new NextStep.Login() },
        { "cancelled", Request(facts: Begun with { Cancelled = true }), Session, true, true, new NextStep.Deny("access_denied") },
        { "cancelled before login", Request(facts: Begun with { Cancelled = true }), null, false, false, new NextStep.Deny("access_denied") },
        { "approval missing", Request(approval: true), Session, true, false, new NextStep.Approve() },
        { "approval missing, silent", Request("none", approval: true), Session, true, false, new NextStep.Deny("interaction_required") },
        { "approval done", Request(approval: true), Session, true, true, new NextStep.Answer() },
        { "approval done, consent missing", Request(approval: true), Session, false, true, new NextStep.Consent() },
        { "select_account is a login", Request("select_account"), Session, true, false, new NextStep.Login() },
        { "select_account done", Request("select_account", Begun), Session with { AuthenticatedAt = Now.AddMinutes(-1) }, true, false, new NextStep.Answer() },
        { "high demanded, session high", Request(essential: HighOnly), High, true, false, new NextStep.Answer() },
        { "high demanded, session below", Request(essential: HighOnly), WithKey, true, false, new NextStep.Login() },
        { "high demanded, session below, silent", Request("none", essential: HighOnly), WithKey, true, false, new NextStep.Deny("login_required") },
        { "high demanded, nobody there", Request(essential: HighOnly), null, true, false, new NextStep.Login() },
        { "high demanded, nobody there, silent", Request("none", essential: HighOnly), null, true, false, new NextStep.Deny("login_required") },
        { "high demanded, signed in again below", Request(facts: Begun, essential: HighOnly), Session with { AuthenticatedAt = Now }, true, false, new NextStep.Login() },
        { "high demanded, person went back and could not", Request(facts: Begun with { Cancelled = true }, essential: HighOnly), Session, true, false, new NextStep.Deny("unmet_authentication_requirements") },
        { "high demanded, person went back and could", Request(facts: Begun with { Cancelled = true }, essential: HighOnly), WithKey, true, false, new NextStep.Deny("access_denied") },
        { "high demanded, went back before anybody was known", Request(facts: Begun with { Cancelled = true }, essential: HighOnly), null, true, false, new NextStep.Deny("access_denied") },
        { "high demanded and met, then cancelled", Request(facts: Begun with { Cancelled = true }, essential: HighOnly), High, true, false, new NextStep.Deny("access_denied") },
        { "either demanded", Request(essential: Any), Session, true, false, new NextStep.Answer() },
        { "a level that does not exist demanded", Request(essential: Foreign), High, true, false, new NextStep.Deny("unmet_authentication_requirements") },
        { "a level that does not exist demanded, nobody there", Request(essential: Foreign), null, true, false, new NextStep.Deny("unmet_authentication_requirements") },
        { "a level that does not exist or high demanded", Request(essential: [.. Foreign, .. HighOnly]), High, true, false, new NextStep.Answer() },
        { "high wished, person can", Request(wished: HighOnly), WithKey, true, false, new NextStep.Login() },
        { "high wished, person can, silent", Request("none", wished: HighOnly), WithKey, true, false, new NextStep.Answer() },
        { "high wished, person cannot", Request(wished: HighOnly), Session, true, false, new NextStep.Answer() },
        { "high wished, person could and did not", Request(facts: Begun, wished: HighOnly), WithKey with { AuthenticatedAt = Now }, true, false, new NextStep.Answer() },
        { "high preferred, substantial good enough", Request(wished: Any), WithKey, true, false, new NextStep.Answer() },
        { "a level that does not exist wished", Request(wished: Foreign), Session, true, false, new NextStep.Answer() },
        { "high demanded of another than the hint", Request(hint: "wei", essential: HighOnly), High, true, false, new NextStep.Login() },
        { "high demanded, consent missing", Request(essential: HighOnly), High, false, false, new NextStep.Consent() },
        { "approval done, session gone", Request(approval: true), null, true, true, new NextStep.Login() },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Decides(string row, StepRequest request, StepSession? session, bool hasConsent, bool isApproved, NextStep expected)
    {
        Assert.NotEmpty(row);
        Assert.Equal(expected, NextStep.Decide(request, session, hasConsent, isApproved, Now));
    }

    private static StepRequest Request(string? prompt = null, RequestFacts? facts = null, int? maxAge = null, string? hint = null, bool approval = false,
        string[]? essential = null, string[]? wished = null) =>
        new(prompt is null ? new HashSet<string>() : new HashSet<string> { prompt }, maxAge is { } age ? TimeSpan.FromSeconds(age) : null, hint, approval, facts ?? Nothing,
            new LevelRequest(essential, wished ?? []));
}
