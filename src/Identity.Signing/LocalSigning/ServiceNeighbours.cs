using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Signing.Csc;

namespace Identity.Signing.LocalSigning;

/// <summary>What a service says of itself to programs that keep their documents (`info`, member `local_signing`).</summary>
/// <param name="Settings">Where it has time-stamps and the status of certificates from, as settings of ours; none when it does not say.</param>
/// <param name="Roots">Whom it believes: in development on this machine alone, where nobody else could tell.</param>
public sealed record ServiceNeighbours(IReadOnlyList<string> Settings, X509Certificate2Collection Roots)
{
    private const int MostSources = 16;
    private const int MostRoots = 8;

    /// <exception cref="RemoteRefusedException">it says something else than was agreed</exception>
    public static ServiceNeighbours Read(JsonNode info, Uri service)
    {
        if (info[ServiceInfo.LocalSigning] is not JsonObject told)
            return new ServiceNeighbours([], []);
        var sources = told["status_sources"] as JsonArray ?? [];
        if (sources.Count > MostSources)
            throw new RemoteRefusedException("unexpected_answer", $"The service names more than {MostSources} sources of status.");
        return new ServiceNeighbours(
            [$"--Signing:Timestamps={Neighbour(told["timestamps"], service)}", .. sources.Select((source, index) => $"--Signing:StatusSources:{index}={Neighbour(source, service)}")],
            IsOnThisMachine(service) ? Certificates(told[ServiceInfo.DevelopmentRoots] as JsonArray ?? []) : []);
    }

    /// <summary>A service that nobody but this machine's user has started; without TLS, so that it is none of production either.</summary>
    public static bool IsOnThisMachine(Uri service) => service is { IsLoopback: true, Scheme: "http" };

    // A service elsewhere has no business with programs of this machine.
    private static Uri Neighbour(JsonNode? told, Uri service) => told is JsonValue value && value.TryGetValue<string>(out var text)
        && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && (service.IsLoopback || !address.IsLoopback)
        ? address : throw new RemoteRefusedException("unexpected_answer", "The service names a neighbour that cannot be asked.");

    private static X509Certificate2Collection Certificates(JsonArray told)
    {
        if (told.Count > MostRoots)
            throw new RemoteRefusedException("unexpected_answer", $"The service names more than {MostRoots} roots.");
        try
        {
            return [.. told.Select(root => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(root!.GetValue<string>())))];
        }
        catch (Exception problem) when (problem is CryptographicException or FormatException or InvalidOperationException)
        {
            throw new RemoteRefusedException("unexpected_answer", "The service names a root that is no certificate.", problem);
        }
    }
}
