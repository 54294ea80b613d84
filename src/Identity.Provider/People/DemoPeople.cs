using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Identity.Provider.Enrolment;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.People;

/// <summary>The people of the demonstration. Their enrolment codes are printed in public, so outside Development there are none.</summary>
public static class DemoPeople
{
    private const int IdBytes = 16;
    private static readonly TimeSpan CodesLast = TimeSpan.FromDays(3650);

    /// <summary>Adds those who are missing. Safe when several instances start on one empty database at the same time.</summary>
    public static async Task Seed(ProviderDatabase database, TimeProvider time, CancellationToken cancellation)
    {
        foreach (var demo in Read())
        {
            if (await Exists(database, demo, cancellation))
                continue;
            var person = NewPerson(demo.Identifier, demo.GivenName, demo.FamilyName, demo.BirthDate);
            (person.Email, person.PhoneNumber) = (demo.Email, demo.PhoneNumber);
            person.NormalizedEmail = demo.Email?.ToUpperInvariant();
            (person.EmailConfirmed, person.PhoneNumberConfirmed) = (demo.EmailConfirmed, demo.PhoneNumberConfirmed);
            (person.StreetAddress, person.PostalCode, person.Locality, person.Country) = (demo.StreetAddress, demo.PostalCode, demo.Locality, demo.Country);
            database.Users.Add(person);
            database.EnrolmentCodes.Add(new EnrolmentCode
            {
                Hash = EnrolmentCodes.Hash(demo.Code),
                PersonId = person.Id,
                Reusable = true,
                Expires = time.GetUtcNow() + CodesLast,
            });
            try
            {
                await database.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateException)
            {
                database.ChangeTracker.Clear();
                // Another instance was faster: the identifier is unique. Anything else is a fault.
                if (!await Exists(database, demo, cancellation))
                    throw;
            }
        }
    }

    /// <summary>Whether the database was used for a demonstration: a demo person is there, or a code that serves everybody.</summary>
    public static async Task<bool> AreIn(ProviderDatabase database, CancellationToken cancellation)
    {
        var identifiers = Read().Select(demo => demo.Identifier).ToArray();
        return await database.Users.AnyAsync(person => identifiers.Contains(person.Identifier), cancellation)
            || await database.EnrolmentCodes.AnyAsync(code => code.Reusable, cancellation);
    }

    /// <summary>A person with a random pseudonym; not stored yet.</summary>
    public static Person NewPerson(string identifier, string givenName, string familyName, DateOnly birthDate)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        return new Person
        {
            Id = id,
            UserName = id,
            NormalizedUserName = id.ToUpperInvariant(),
            SecurityStamp = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)),
            Identifier = identifier,
            GivenName = givenName,
            FamilyName = familyName,
            BirthDate = birthDate,
        };
    }

    private static Task<bool> Exists(ProviderDatabase database, DemoPerson demo, CancellationToken cancellation) =>
        database.Users.AnyAsync(person => person.Identifier == demo.Identifier, cancellation);

    private static DemoPerson[] Read()
    {
        using var json = typeof(DemoPeople).Assembly.GetManifestResourceStream("Identity.Provider.People.demo-people.json")
            ?? throw new InvalidOperationException("demo-people.json is not embedded.");
        return JsonSerializer.Deserialize<DemoPerson[]>(json, JsonSerializerOptions.Web)!;
    }

    private sealed record DemoPerson(string Identifier, string GivenName, string FamilyName, DateOnly BirthDate, string Code)
    {
        public string? Email { get; init; }

        public bool EmailConfirmed { get; init; }

        public string? PhoneNumber { get; init; }

        public bool PhoneNumberConfirmed { get; init; }

        public string? StreetAddress { get; init; }

        public string? PostalCode { get; init; }

        public string? Locality { get; init; }

        public string? Country { get; init; }
    }
}
