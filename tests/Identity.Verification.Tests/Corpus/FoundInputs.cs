using Identity.TestKit;

namespace Identity.Verification.Tests.Corpus;

/// <summary>Replays what fuzzing kept because it went another way through the code (`tests/fuzz.sh`), and bits of it turned in a fixed order.</summary>
public sealed class FoundInputs
{
    private const int TurnedBits = 40;

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Are_answered_or_refused(string target)
    {
        // A line each: the target and the input in base64.
        var found = File.ReadLines(Path.Combine(Repository.Root, "tests", "Identity.Verification.Tests", "Corpus", "found-inputs.txt"))
            .Where(line => line.StartsWith(target + " ", StringComparison.Ordinal)).Select(line => Convert.FromBase64String(line[(target.Length + 1)..])).ToList();
        Assert.True(found.Count > 20, $"{found.Count} inputs for {target}");
        foreach (var input in found.Concat(FuzzTargets.Seeds(target)))
        {
            Try(target, input);
            for (var turn = 0; turn < TurnedBits && input.Length > 0; turn++)
            {
                var turned = input.ToArray();
                // A step that is prime to most lengths goes everywhere.
                turned[turn * 7919 % input.Length] ^= (byte)(1 << (turn % 8));
                Try(target, turned);
            }
        }
    }

    private static void Try(string target, byte[] input)
    {
        try
        {
            FuzzTargets.Run(target, input);
        }
        catch (Exception problem)
        {
            Assert.Fail($"{target} {Convert.ToBase64String(input)}: {problem}");
        }
    }
}
