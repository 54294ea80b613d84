using System.Text.Json;
using Identity.Provider;

namespace Identity.DevHost;

/// <summary>The demo people that the Provider seeds, as the portals' pages list them: names and enrolment codes.</summary>
internal static class DevPeople
{
    /// <summary>Empty without <c>--seed-demo</c>.</summary>
    public static IEnumerable<(string Setting, string Value)> Settings(DevPlace at)
    {
        if (!at.SeedDemo)
            yield break;
        using var stream = typeof(ProviderApp).Assembly.GetManifestResourceStream("Identity.Provider.People.demo-people.json")
            ?? throw new InvalidOperationException("The Provider has no demo-people.json.");
        using var people = JsonDocument.Parse(stream);
        foreach (var (index, person) in people.RootElement.EnumerateArray().Index())
        {
            yield return ($"Demo:People:{index}:Name", $"{person.GetProperty("givenName").GetString()} {person.GetProperty("familyName").GetString()}");
            yield return ($"Demo:People:{index}:Identifier", person.GetProperty("identifier").GetString()!);
            yield return ($"Demo:People:{index}:Code", person.GetProperty("code").GetString()!);
        }
    }
}
