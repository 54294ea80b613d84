namespace Identity.Authority.Ceremony;

/// <summary>The command line of a ceremony, as written.</summary>
internal sealed class CeremonyArguments
{
    private static readonly string[] Steps = ["root", "request", "authorities", "services", "list"];

    private readonly List<string> attendees = [], only = [], revoke = [];

    private CeremonyArguments(string step) => Step = step;

    public string Step { get; }

    public string? Settings { get; private set; }

    public string? Keys { get; private set; }

    public string? Record { get; private set; }

    public string? Reason { get; private set; }

    public bool Development { get; private set; }

    public bool Renew { get; private set; }

    public IReadOnlyList<string> Attendees => attendees;

    public IReadOnlyList<string> Only => only;

    public IReadOnlyList<string> Revoke => revoke;

    public bool IsComplete => Settings is not null && Keys is not null && Record is not null && (only.Count == 0 || Step == "services") && (revoke.Count == 0 || Step == "list");

    /// <summary>Null for what is not understood: nothing is passed over in silence.</summary>
    public static CeremonyArguments? Parse(string[] args)
    {
        if (args is not [var step, ..] || !Steps.Contains(step)) return null;
        var parsed = new CeremonyArguments(step);
        for (var i = 1; i < args.Length; i++)
        {
            if (parsed.TakeSwitch(args[i])) continue;
            if (i + 1 == args.Length || !parsed.TakeOption(args[i], args[++i])) return null;
        }
        return parsed;
    }

    private bool TakeSwitch(string name)
    {
        if (name == "--development") Development = true;
        else if (name == "--renew") Renew = true;
        else return false;
        return true;
    }

    private bool TakeOption(string name, string value)
    {
        switch (name)
        {
            case "--settings":
                Settings = value;
                return true;
            case "--keys":
                Keys = value;
                return true;
            case "--record":
                Record = value;
                return true;
            case "--reason":
                Reason = value;
                return true;
            case "--attendee":
                attendees.Add(value);
                return true;
            case "--only":
                only.Add(value);
                return true;
            case "--revoke":
                revoke.Add(value);
                return true;
            default:
                return false;
        }
    }
}
