using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>The certificates of a statement, leaf first. What they are worth <see cref="AttestationRoots"/> tells.</summary>
internal sealed class CertificatePath : IDisposable
{
    /// <summary>id-fido-gen-ce-aaguid.</summary>
    private const string AaguidExtension = "1.3.6.1.4.1.45724.1.1.4";

    private CertificatePath(X509Certificate2Collection certificates) => Certificates = certificates;

    public X509Certificate2Collection Certificates { get; }

    public X509Certificate2 Leaf => Certificates[0];

    /// <exception cref="CryptographicException">not certificates</exception>
    public static CertificatePath Read(IReadOnlyList<byte[]> encoded)
    {
        var path = new CertificatePath([]);
        try
        {
            foreach (var bytes in encoded)
            {
                // DER and nothing after it: the loader would take PEM too.
                if (bytes is not [0x30, ..])
                    throw new CryptographicException("Not a certificate.");
                path.Certificates.Add(X509CertificateLoader.LoadCertificate(bytes));
                if (path.Certificates[^1].RawDataMemory.Length != bytes.Length)
                    throw new CryptographicException("Bytes after a certificate.");
            }

            return path;
        }
        catch
        {
            path.Dispose();
            throw;
        }
    }

    /// <summary>Basic constraints are there, and say that it is no authority.</summary>
    public static bool IsEndEntity(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault() is { CertificateAuthority: false };

    /// <summary>Null: the leaf names no authenticator model.</summary>
    public bool? SaysAaguid(byte[] aaguid)
    {
        var extensions = Leaf.Extensions.Where(extension => extension.Oid?.Value == AaguidExtension).ToArray();
        // WebAuthn 8.2.1: one OCTET STRING of 16 bytes, not critical.
        return extensions.Length == 0
            ? null
            : extensions is [{ Critical: false, RawData: [0x04, 0x10, .. var value] }] && value.AsSpan().SequenceEqual(aaguid);
    }

    public void Dispose()
    {
        foreach (var certificate in Certificates)
            certificate.Dispose();
    }
}
