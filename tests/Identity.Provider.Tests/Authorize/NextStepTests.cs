namespace Identity.Provider.Authorize;

/// <summary>The decision as a table: each row changes one thing.</summary>
public sealed class NextStepTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    private static readonly StepSession Session = new("liis", Now.AddMinutes(-30));
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
        { "approval done, session gone", Request(approval: true), null, true, true, new NextStep.Login() },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Decides(string row, StepRequest request, StepSession? session, bool hasConsent, bool isApproved, NextStep expected)
    {
        Assert.NotEmpty(row);
        Assert.Equal(expected, NextStep.Decide(request, session, hasConsent, isApproved, Now));
    }

    private static StepRequest Request(string? prompt = null, RequestFacts? facts = null, int? maxAge = null, string? hint = null, bool approval = false) =>
        new(prompt is null ? new HashSet<string>() : new HashSet<string> { prompt }, maxAge is { } age ? TimeSpan.FromSeconds(age) : null, hint, approval, facts ?? Nothing);
}
