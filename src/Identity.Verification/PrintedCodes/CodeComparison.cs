using Identity.Verification.Reports;

namespace Identity.Verification.PrintedCodes;

/// <summary>What a file that was validated has to do with a code.</summary>
public abstract record CodeComparison
{
    private CodeComparison() { }

    /// <summary>A signature that passes was added to the document of the code, and to nothing else; what came later is permitted.</summary>
    /// <param name="State">The state of the file that the code stands for.</param>
    public sealed record SignedDocument(int State) : CodeComparison;

    /// <summary>Anybody can put something behind a document: this alone says nothing.</summary>
    public sealed record BeginsWithIt : CodeComparison;

    public sealed record AnotherDocument : CodeComparison;

    /// <param name="report">On the same file.</param>
    public static CodeComparison Of(PrintedCode code, ReadOnlySpan<byte> file, ValidationReport report)
    {
        if (code.Find(file) is not { } length)
            return new AnotherDocument();
        foreach (var state in report.Revisions)
        {
            // An end of file inside a state is not its end: the rest of the state was not in the document of the code.
            if (OnlyWhiteSpaceBetween(file, (int)length, (int)state.Length))
                return report.HasPassed && IsSigned(report, state.Number) ? new SignedDocument(state.Number) : new BeginsWithIt();
        }
        return new BeginsWithIt();
    }

    /// <summary>The next state brings a signature that passes, covers it whole, and does nothing else to the document.</summary>
    private static bool IsSigned(ValidationReport report, int state) =>
        report.Revisions.Any(next => next.Number == state + 1 && next.Kind == "signature")
        && report.Signatures.Any(one => one.IsSignature && one.Indication == "TOTAL-PASSED" && one.CoversWholeRevision && one.Revision == state + 1);

    private static bool OnlyWhiteSpaceBetween(ReadOnlySpan<byte> file, int one, int other)
    {
        var (from, to) = one < other ? (one, other) : (other, one);
        return to - from <= PrintedCode.MostWhiteSpace && file[from..to].IndexOfAnyExcept("\r\n "u8) < 0;
    }
}
