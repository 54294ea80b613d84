using System.Security.Cryptography;
using Identity.Provider.Sessions;
using Identity.TestKit;
using Microsoft.AspNetCore.Identity;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>Statements of authenticators in software, against the reader and verifier alone: each row changes one thing.</summary>
public sealed class AttestationTests : IDisposable
{
    private static readonly Guid Model = new("0a1b2c3d-4e5f-4a6b-8c7d-9e8f7a6b5c4d");
    private static readonly Guid OtherModel = new("11111111-2222-4333-8444-555555555555");
    private static readonly byte[] OtherAaguid = OtherModel.ToByteArray(bigEndian: true);
    private static readonly ECDsa OtherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly string roots = Directory.CreateTempSubdirectory("identity-roots-").FullName;
    private readonly AttestationMaker maker = new();

    public static TheoryData<string, AttestationLie, string> PackedLies => new()
    {
        { "signature", new() { TamperedSignature = true }, "packed: signature" },
        { "other bytes signed", new() { SignedBytes = [1, 2, 3] }, "packed: signature" },
        { "no signature", new() { WithoutSignature = true }, "malformed" },
        { "algorithm of another kind of key", new() { Algorithm = StatementSignature.Rs256 }, "packed: signature" },
        { "another hash", new() { Algorithm = StatementSignature.Es384 }, "packed: signature" },
        { "AAGUID of another model", new() { Aaguid = OtherAaguid }, "packed: AAGUID" },
        { "AAGUID too short", new() { Aaguid = [1, 2, 3] }, "packed: AAGUID" },
        { "critical AAGUID", new() { AaguidCritical = true }, "packed: AAGUID" },
        { "authority", new() { Authority = true }, "packed: certificate of an authority" },
        { "no basic constraints", new() { WithoutBasicConstraints = true }, "packed: certificate of an authority" },
        { "no unit", new() { Subject = "CN=Key 1, O=Maker, C=EE" }, "packed: certificate subject" },
        { "another unit", new() { Subject = "CN=Key 1, OU=Authenticator attestation, O=Maker, C=EE" }, "packed: certificate subject" },
        { "no country", new() { Subject = "CN=Key 1, OU=Authenticator Attestation, O=Maker" }, "packed: certificate subject" },
        { "no name", new() { Subject = "OU=Authenticator Attestation, O=Maker, C=EE" }, "packed: certificate subject" },
        { "no organization", new() { Subject = "CN=Key 1, OU=Authenticator Attestation, C=EE" }, "packed: certificate subject" },
        { "expired", new() { Expired = true }, "certificate path: NotTimeValid" },
        { "not yet valid", new() { NotYetValid = true }, "certificate path: NotTimeValid" },
        { "too many certificates", new() { Intermediates = Statement.MostCertificates }, "malformed" },
        { "no certificate", new() { Certificate = [1, 2, 3] }, "malformed" },
        { "certificate too long", new() { Certificate = new byte[Statement.LongestCertificate + 1] }, "malformed" },
        { "PEM", new() { Certificate = "-----BEGIN CERTIFICATE-----"u8.ToArray() }, "malformed" },
    };

    public static TheoryData<string, AttestationLie, string> TpmLies => new()
    {
        { "version", new() { TpmVersion = "1.2" }, "tpm: version" },
        { "magic", new() { TpmMagic = 0xFF544348 }, "tpm: magic" },
        { "type", new() { TpmType = 0x8018 }, "tpm: type" },
        { "extraData", new() { TpmExtraData = new byte[32] }, "tpm: extraData" },
        { "other bytes", new() { SignedBytes = [1, 2, 3] }, "tpm: extraData" },
        { "name", new() { TpmName = [0x00, 0x0B, .. new byte[32]] }, "tpm: name" },
        { "another key in pubArea", new() { TpmKey = OtherKey }, "tpm: key of pubArea" },
        { "signature", new() { TamperedSignature = true }, "tpm: signature" },
        { "algorithm of another kind of key", new() { Algorithm = StatementSignature.Rs256 }, "tpm: signature" },
        { "subject", new() { Subject = "CN=Module" }, "tpm: certificate subject" },
        { "no module named", new() { WithoutModule = true }, "tpm: certificate subject alternative name" },
        { "no usage", new() { WithoutUsage = true }, "tpm: certificate key usage" },
        { "authority", new() { Authority = true }, "tpm: certificate of an authority" },
        { "AAGUID of another model", new() { Aaguid = OtherAaguid }, "tpm: AAGUID" },
        { "expired", new() { Expired = true }, "certificate path: NotTimeValid" },
        { "bytes after certInfo", new() { TpmTrailing = [0] }, "malformed" },
    };

    public static TheoryData<string, AttestationLie, string> AppleLies => new()
    {
        { "nonce", new() { Nonce = new byte[32] }, "apple: nonce" },
        { "empty nonce", new() { Nonce = [] }, "apple: nonce" },
        { "another key", new() { CertifiedKey = OtherKey }, "apple: key" },
        { "authority", new() { Authority = true }, "apple: certificate of an authority" },
        { "expired", new() { Expired = true }, "certificate path: NotTimeValid" },
    };

    [Theory]
    [MemberData(nameof(PackedLies))]
    public void Refuses_a_packed_statement(string row, AttestationLie lie, string reason) => Refuses(row, maker.Packed(lie), reason);

    [Theory]
    [MemberData(nameof(TpmLies))]
    public void Refuses_a_tpm_statement(string row, AttestationLie lie, string reason) => Refuses(row, maker.Tpm(lie), reason);

    [Theory]
    [MemberData(nameof(AppleLies))]
    public void Refuses_an_apple_statement(string row, AttestationLie lie, string reason) => Refuses(row, maker.Apple(lie), reason);

    [Fact]
    public void Refuses_self_attestation_that_does_not_verify()
    {
        Refuses("signature", AttestationMaker.PackedSelf(new() { SignedBytes = [1] }), "packed: signature of self attestation");
        Refuses("algorithm", AttestationMaker.PackedSelf(new() { Algorithm = StatementSignature.Rs256 }), "packed: algorithm of self attestation");
    }

    [Fact]
    public void Refuses_a_statement_where_none_is_said_to_be()
    {
        Refuses("members", _ => ("none", [0xA1, 0x61, 0x61, 0x01]), "none: a statement");
        Refuses("no map", _ => ("none", [0x80]), "malformed");
        Refuses("a key twice", _ => ("none", [0xA2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x01]), "malformed");
        Refuses("indefinite length", _ => ("none", [0xBF, 0xFF]), "malformed");
        Refuses("no format", _ => ("", [0xA0]), "malformed");
        Refuses("format too long", _ => (new string('x', 33), [0xA0]), "malformed");
    }

    [Fact]
    public void Refuses_bytes_after_the_object()
    {
        maker.WriteRoot(roots);
        var passkey = Passkey(maker.Packed());
        Assert.Equal(new AttestationOutcome.Refused("malformed"), Verify(With(passkey, attestation: [.. passkey.AttestationObject, 0x00])));
        Assert.Equal(new AttestationOutcome.Refused("malformed"), Verify(With(passkey, attestation: new byte[AttestationObject.MaximumLength + 1])));
    }

    [Fact]
    public void Refuses_another_passkey_than_the_framework_has_verified()
    {
        var passkey = Passkey(maker.Packed());
        var refused = new AttestationOutcome.Refused("not the passkey that was verified");
        Assert.Equal(refused, Verify(With(passkey, credentialId: [1])));
        Assert.Equal(refused, Verify(With(passkey, publicKey: [1])));
        Assert.Equal(refused, Verify(With(passkey, backupEligible: true)));
    }

    [Fact]
    public void A_path_to_a_root_of_the_settings_is_trusted()
    {
        maker.WriteRoot(roots);
        Accepts("packed", trusted: true, maker.Packed());
        Accepts("packed", trusted: true, maker.Packed(new() { Intermediates = Statement.MostCertificates - 1 }));
        Accepts("tpm", trusted: true, maker.Tpm());
        Accepts("tpm", trusted: true, maker.Tpm(new() { Aaguid = Model.ToByteArray(bigEndian: true) }));
        Accepts("apple", trusted: true, maker.Apple());
    }

    [Fact]
    public void What_nobody_vouches_for_is_accepted_and_not_trusted()
    {
        maker.WriteRoot(roots);
        Accepts("none", trusted: false, _ => ("none", [0xA0]));
        Accepts("packed", trusted: false, AttestationMaker.PackedSelf());
        // Formats and algorithms that are not verified here count as no statement.
        Accepts("android-key", trusted: false, _ => ("android-key", [0xA0]));
        Accepts("fido-u2f", trusted: false, _ => ("fido-u2f", [0xA0]));
        Accepts("tpm", trusted: false, maker.Tpm(new() { Algorithm = -65535 }));
        Accepts("packed", trusted: false, maker.Packed(new() { Algorithm = -8 }));
        // WebAuthn 8.2.1: a root that stands for several models says which only by the extension.
        Accepts("packed", trusted: false, maker.Packed(new() { Aaguid = [] }));
        // A key that may leave its TPM.
        Accepts("tpm", trusted: false, maker.Tpm(new() { TpmAttributes = 0x00060470 }));
    }

    [Fact]
    public void Another_root_or_none_makes_nothing_trusted()
    {
        Accepts("packed", trusted: false, maker.Packed());
        using var other = new AttestationMaker("CN=Another Root, O=Other, C=EE");
        other.WriteRoot(roots);
        Accepts("packed", trusted: false, maker.Packed());
        Accepts("tpm", trusted: false, maker.Tpm());
        Accepts("apple", trusted: false, maker.Apple());
    }

    [Fact]
    public void A_root_of_the_same_name_and_another_key_is_another_root()
    {
        using var other = new AttestationMaker();
        other.WriteRoot(roots);
        var outcome = Verify(Passkey(maker.Packed()));
        Assert.False(outcome is AttestationOutcome.Accepted { Trusted: true }, $"{outcome}");
    }

    [Fact]
    public void A_root_of_one_model_counts_for_it_alone()
    {
        maker.WriteRoot(roots, Model);
        Accepts("packed", trusted: true, maker.Packed());
        // With a root of its own, the model is known without the extension.
        Accepts("packed", trusted: true, maker.Packed(new() { Aaguid = [] }));

        Directory.Move(Path.Combine(roots, Model.ToString()), Path.Combine(roots, OtherModel.ToString()));
        Accepts("packed", trusted: false, maker.Packed());
    }

    [Fact]
    public void A_model_with_roots_of_its_own_is_refused_when_its_maker_has_not_signed_it()
    {
        maker.WriteRoot(roots);
        using var other = new AttestationMaker("CN=Another Root, O=Other, C=EE");
        other.WriteRoot(roots, Model);
        var refused = Assert.IsType<AttestationOutcome.Refused>(Verify(Passkey(maker.Packed())));
        Assert.StartsWith("certificate path: ", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_synced_passkey_is_not_bound_whoever_vouches_for_it()
    {
        maker.WriteRoot(roots);
        var accepted = Assert.IsType<AttestationOutcome.Accepted>(Verify(Passkey(maker.Packed(), backupEligible: true)));
        Assert.True(accepted.Trusted);
        Assert.False(accepted.DeviceBound);
        Assert.Equal(AssuranceLevel.Substantial, PasskeyAssurance.Of(Known(accepted), backupEligible: true).Level);
        Assert.Equal(AssuranceLevel.Substantial, PasskeyAssurance.Of(Known(accepted), backupEligible: false).Level);
    }

    [Theory]
    [InlineData(true, true, false, AssuranceLevel.High, AssuranceLevel.High, "hwk")]
    [InlineData(true, true, false, AssuranceLevel.Substantial, AssuranceLevel.Substantial, "hwk")]
    [InlineData(true, true, true, AssuranceLevel.High, AssuranceLevel.Substantial, "swk")]
    [InlineData(true, false, false, AssuranceLevel.High, AssuranceLevel.Substantial, null)]
    [InlineData(false, true, false, AssuranceLevel.High, AssuranceLevel.Substantial, null)]
    [InlineData(false, true, true, AssuranceLevel.High, AssuranceLevel.Substantial, "swk")]
    public void The_level_follows_from_registration_and_use(bool bound, bool trusted, bool eligibleNow, string personKnown, string level, string? method)
    {
        var registration = new VerifiedRegistration(null!, Passkey(_ => ("none", [0xA0])), new AttestationOutcome.Accepted("packed", Model, bound, trusted));
        var assurance = PasskeyAssurance.Of(registration.At(personKnown), eligibleNow);
        Assert.Equal(level, assurance.Level);
        Assert.Equal(["pop", "user", "mfa", .. method is null ? Array.Empty<string>() : [method]], assurance.Methods);
    }

    [Fact]
    public void Nothing_known_makes_substantial() =>
        Assert.Equal(AssuranceLevel.Substantial, PasskeyAssurance.Of(null, backupEligible: false).Level);

    [Theory]
    [InlineData("not-a-model")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0a1b2c3d-4e5f-4a6b-8c7d-9e8f7a6b5c4e")]
    public void A_directory_below_must_name_a_model_and_hold_certificates(string name)
    {
        Directory.CreateDirectory(Path.Combine(roots, name));
        Assert.Throws<ProviderSettingsException>(() => AttestationRoots.Check(roots));
    }

    [Fact]
    public void A_root_that_is_none_is_refused_at_start()
    {
        Assert.Throws<ProviderSettingsException>(() => AttestationRoots.Check(Path.Combine(roots, "missing")));
        File.WriteAllText(Path.Combine(roots, "a.cer"), "nothing");
        Assert.Throws<ProviderSettingsException>(() => AttestationRoots.Check(roots));
    }

    public void Dispose()
    {
        maker.Dispose();
        Directory.Delete(roots, recursive: true);
    }

    private void Refuses(string row, Func<AttestationInput, (string, byte[])> statement, string reason)
    {
        Assert.NotEmpty(row);
        maker.WriteRoot(roots);
        Assert.Equal(new AttestationOutcome.Refused(reason), Verify(Passkey(statement)));
    }

    private void Accepts(string format, bool trusted, Func<AttestationInput, (string, byte[])> statement) =>
        Assert.Equal(new AttestationOutcome.Accepted(format, Model, DeviceBound: true, trusted), Verify(Passkey(statement)));

    private AttestationOutcome Verify(UserPasskeyInfo passkey) => AttestationVerification.Verify(passkey, AttestationRoots.Check(roots), TimeProvider.System.GetUtcNow());

    private static AttestedPasskey Known(AttestationOutcome.Accepted accepted) =>
        new VerifiedRegistration(null!, Passkey(_ => ("none", [0xA0])), accepted).At(AssuranceLevel.High);

    // What the framework hands on after its own checks.
    private static UserPasskeyInfo Passkey(Func<AttestationInput, (string, byte[])> statement, bool backupEligible = false)
    {
        using var authenticator = new VirtualAuthenticator("https://id.example") { Attestation = statement, Aaguid = Model, BackupEligible = backupEligible };
        var response = System.Text.Json.Nodes.JsonNode.Parse(authenticator.Register(
            """{"challenge":"AAAA","user":{"id":"AAAA"},"rp":{"id":"id.example"}}"""))!["response"]!;
        var passkey = authenticator.Passkeys[0];
        return With(
            new UserPasskeyInfo(
                passkey.CredentialId, passkey.CoseKey(), TimeProvider.System.GetUtcNow(), 0, null, true, backupEligible, false,
                Decode(response["attestationObject"]!), Decode(response["clientDataJSON"]!)));
    }

    private static byte[] Decode(System.Text.Json.Nodes.JsonNode text) => System.Buffers.Text.Base64Url.DecodeFromChars(text.GetValue<string>());

    private static UserPasskeyInfo With(
        UserPasskeyInfo passkey, byte[]? credentialId = null, byte[]? publicKey = null, bool? backupEligible = null, byte[]? attestation = null) => new(
        credentialId ?? passkey.CredentialId, publicKey ?? passkey.PublicKey, passkey.CreatedAt, passkey.SignCount, passkey.Transports, passkey.IsUserVerified,
        backupEligible ?? passkey.IsBackupEligible, passkey.IsBackedUp, attestation ?? passkey.AttestationObject, passkey.ClientDataJson);
}
