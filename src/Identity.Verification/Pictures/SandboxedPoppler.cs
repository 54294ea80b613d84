using System.Globalization;

namespace Identity.Verification.Pictures;

/// <summary>Draws one page by poppler in a <see cref="Sandbox"/>: the document is hostile, and what takes over poppler has nothing and a few seconds.</summary>
public sealed class SandboxedPoppler
{
    /// <summary>Pixels of the longer side.</summary>
    public const int LongerSide = 900;

    private const string Program = "pdftocairo";

    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly Sandbox sandbox;

    private SandboxedPoppler(Sandbox sandbox) => this.sandbox = sandbox;

    /// <summary>Null where poppler is missing or does not run in the sandbox.</summary>
    public static async Task<SandboxedPoppler?> In(Sandbox sandbox, CancellationToken cancellation) =>
        await sandbox.Run(Program, ["-v"], ReadOnlyMemory<byte>.Empty, cancellation) is null ? null : new SandboxedPoppler(sandbox);

    /// <summary>A PNG; null when the page cannot be drawn within the limits.</summary>
    /// <param name="page">1 is the first.</param>
    public async Task<byte[]?> Draw(ReadOnlyMemory<byte> document, int page, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page, 1);
        var number = page.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["-png", "-singlefile", "-f", number, "-l", number, "-scale-to", LongerSide.ToString(CultureInfo.InvariantCulture), "-", "-"];
        var picture = await sandbox.Run(Program, arguments, document, cancellation);
        return picture is not null && picture.AsSpan().StartsWith(PngSignature) ? picture : null;
    }
}
