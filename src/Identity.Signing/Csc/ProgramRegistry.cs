namespace Identity.Signing.Csc;

/// <summary>Addresses at which programs are told that an asynchronous outcome is there: the operator's list, compared as written. No request makes us call another.</summary>
public sealed class ProgramRegistry
{
    public const int LongestAddress = 2000;

    private readonly Dictionary<string, Uri[]> programs;

    private ProgramRegistry(Dictionary<string, Uri[]> programs) => this.programs = programs;

    public Uri? AcceptResponseUri(string client, string address) =>
        programs.TryGetValue(client, out var known) ? Array.Find(known, uri => uri.OriginalString == address) : null;

    internal static ProgramRegistry Check(IReadOnlyList<ProgramOptions> options, bool production)
    {
        var programs = new Dictionary<string, Uri[]>(StringComparer.Ordinal);
        for (var i = 0; i < options.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(options[i].ClientId))
                throw new SettingRefusedException($"Programs:{i}:ClientId", "must be the program's client_id.");
            var addresses = options[i].ResponseUris.Select(uri => SigningSettings.AnyAddress(uri, $"Programs:{i}:ResponseUris", production)).ToArray();
            if (!programs.TryAdd(options[i].ClientId!, addresses))
                throw new SettingRefusedException($"Programs:{i}:ClientId", "is listed twice.");
        }

        return new ProgramRegistry(programs);
    }
}
