namespace Identity.Verification.Engine;

/// <summary>What one block or process concluded (EN 319 102-1 5.1.3): indication, sub-indication unless it passed, and why in words.</summary>
public sealed record BlockConclusion
{
    private BlockConclusion(Indication indication, SubIndication? subIndication, IReadOnlyList<ValidationMessage> messages) =>
        (Indication, SubIndication, Messages) = (indication, subIndication, messages);

    public Indication Indication { get; }

    public SubIndication? SubIndication { get; }

    public IReadOnlyList<ValidationMessage> Messages { get; }

    public bool HasPassed => Indication == Indication.Passed;

    public static BlockConclusion Passed(params IReadOnlyList<ValidationMessage> messages) => new(Indication.Passed, null, messages);

    public static BlockConclusion Failed(SubIndication why, params IReadOnlyList<ValidationMessage> messages) => new(Indication.Failed, why, messages);

    public static BlockConclusion Indeterminate(SubIndication why, params IReadOnlyList<ValidationMessage> messages) =>
        new(Indication.Indeterminate, why, messages);

    /// <summary>The same conclusion with something more to say.</summary>
    public BlockConclusion With(ValidationMessage message) => new(Indication, SubIndication, [.. Messages, message]);

    public bool Is(SubIndication why) => SubIndication == why;
}
