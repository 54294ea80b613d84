using Identity.Pdf.Appearances;
using QRCoder;

namespace Identity.Signing.Appearances;

/// <summary>
/// The QR code on a page: the address of Verification with the SHA-256 of the document as it was approved. The signed file cannot hold its own hash; this
/// one is that of the file up to where the signature's revision begins, so whoever has the file can compare it, and whoever has only paper can ask.
/// </summary>
internal static class VerificationCode
{
    // What the library draws around a code and AppearanceCode leaves free itself.
    private const int QuietZone = 4;

    public static string Address(Uri verification, ReadOnlySpan<byte> documentSha256) => $"{verification.AbsoluteUri}?sha256={Convert.ToHexStringLower(documentSha256)}";

    public static AppearanceCode Of(Uri verification, ReadOnlySpan<byte> documentSha256)
    {
        // Level M: readable with 15 % of it damaged (ISO/IEC 18004 table 13).
        using var code = QRCodeGenerator.GenerateQrCode(Address(verification, documentSha256), QRCodeGenerator.ECCLevel.M);
        var side = code.ModuleMatrix.Count - 2 * QuietZone;
        var dark = new bool[side, side];
        for (var row = 0; row < side; row++)
        {
            for (var column = 0; column < side; column++)
                dark[row, column] = code.ModuleMatrix[row + QuietZone][column + QuietZone];
        }
        return new AppearanceCode(dark);
    }
}
