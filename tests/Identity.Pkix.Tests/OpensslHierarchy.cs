using System.Security.Cryptography;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;

[assembly: AssemblyFixture(typeof(Identity.Pkix.Tests.OpensslHierarchy))]

namespace Identity.Pkix.Tests;

/// <summary>One hierarchy for all tests of this assembly: making RSA keys takes openssl a second.</summary>
public sealed class OpensslHierarchy : IDisposable
{
    public static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public OpensslHierarchy()
    {
        Pki = new OpensslPki();
        Pki.CertifyPerson("person", OpensslKey.P256);
        Pki.CertifyPerson("person-384", OpensslKey.P384);
        Pki.CertifyPerson("person-rsa", OpensslKey.Rsa2048);
        Issuing = Certificate.Parse(Pki.Certificate("issuing-ca"));
        Root = Certificate.Parse(Pki.Certificate("root-ca"));
    }

    public OpensslPki Pki { get; }

    public Certificate Issuing { get; }

    public Certificate Root { get; }

    public Certificate this[string name] => Certificate.Parse(Pki.Certificate(name));

    /// <summary>The finished structure, signed with the named key.</summary>
    public byte[] Finish(ToBeSigned toBeSigned, string key)
    {
        var padding = toBeSigned.Algorithm.Family switch
        {
            SignatureFamily.RsaPkcs1 => RSASignaturePadding.Pkcs1,
            SignatureFamily.RsaPss => RSASignaturePadding.Pss,
            _ => null,
        };
        return toBeSigned.Complete(Pki.Sign(key, toBeSigned.Bytes.Span, toBeSigned.Algorithm.Hash!.Value, padding));
    }

    public void Dispose() => Pki.Dispose();
}
