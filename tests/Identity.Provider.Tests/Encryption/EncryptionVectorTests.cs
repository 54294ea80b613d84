using System.Buffers.Text;
using System.Text;

namespace Identity.Provider.Encryption;

/// <summary>The parts of the encryption against the examples of their standards.</summary>
public sealed class EncryptionVectorTests
{
    [Theory]
    // RFC 3394 4.1, 4.2, 4.3, 4.5, 4.6.
    [InlineData("000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5")]
    [InlineData("000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF", "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D")]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF", "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")]
    [InlineData(
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF0001020304050607",
        "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1")]
    [InlineData(
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")]
    public void Wraps_keys_as_RFC_3394_does(string wrappingKey, string key, string wrapped) =>
        Assert.Equal(wrapped, Convert.ToHexString(AesKeyWrap.Wrap(Convert.FromHexString(wrappingKey), Convert.FromHexString(key))));

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(17)]
    public void Wraps_nothing_of_another_length(int length) => Assert.Throws<ArgumentException>(() => AesKeyWrap.Wrap(new byte[16], new byte[length]));

    // RFC 7518 C: Z, and the key that Alice and Bob derive for A128GCM.
    [Fact]
    public void Derives_the_key_of_RFC_7518_C()
    {
        byte[] secret =
        [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ];
        Assert.Equal("VqqN6vgjbSBcIijNcacQGg", Base64Url.EncodeToString(ConcatKdf.Derive(secret, "A128GCM", 16, "Alice"u8, "Bob"u8)));
    }

    [Fact]
    public void Derives_one_hash_at_most() => Assert.Throws<ArgumentOutOfRangeException>(() => ConcatKdf.Derive(new byte[32], "A256GCM", 33));

    // RFC 7516 A.1.4 to A.1.6.
    [Fact]
    public void Encrypts_as_RFC_7516_A1_by_A256GCM()
    {
        byte[] key =
        [
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34, 105, 47, 130, 203, 46, 122, 234, 64, 252,
        ];
        var (ciphertext, tag) = ContentEncryption.Named("A256GCM").Encrypt(
            key, Base64Url.DecodeFromChars("48V1_ALb6US04U3b"), "The true sign of intelligence is not knowledge but imagination."u8, "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"u8);
        Assert.Equal("5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A", Base64Url.EncodeToString(ciphertext));
        Assert.Equal("XFBoMYUZodetZdvTiFvSkQ", Base64Url.EncodeToString(tag));
    }

    // RFC 7516 A.3: every part, since AES key wrap is deterministic.
    [Fact]
    public void Encrypts_as_RFC_7516_A3_by_A128CBC_HS256_and_wraps_its_key()
    {
        byte[] key =
        [
            4, 211, 31, 197, 84, 157, 252, 254, 11, 100, 157, 250, 63, 170, 106, 206, 107, 124, 212, 45, 111, 107, 9, 219, 200, 177, 0, 240, 143, 156, 44, 207,
        ];
        Assert.Equal(
            "6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ",
            Base64Url.EncodeToString(AesKeyWrap.Wrap(Base64Url.DecodeFromChars("GawgguFyGrWKav7AX4VKUg"), key)));
        var header = Base64Url.EncodeToString("""{"alg":"A128KW","enc":"A128CBC-HS256"}"""u8);
        var (ciphertext, tag) = ContentEncryption.Named("A128CBC-HS256").Encrypt(
            key, Base64Url.DecodeFromChars("AxY8DCtDaGlsbGljb3RoZQ"), "Live long and prosper."u8, Encoding.ASCII.GetBytes(header));
        Assert.Equal("KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY", Base64Url.EncodeToString(ciphertext));
        Assert.Equal("U0m_YmjN04DJvceFICbCVQ", Base64Url.EncodeToString(tag));
    }

    // RFC 7518 B.1.
    [Fact]
    public void Encrypts_as_RFC_7518_B1_by_A128CBC_HS256()
    {
        var (ciphertext, tag) = ContentEncryption.Named("A128CBC-HS256").Encrypt(
            [.. Enumerable.Range(0, 32).Select(octet => (byte)octet)],
            Convert.FromHexString("1AF38C2DC2B96FFDD86694092341BC04"),
            "A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience"u8,
            "The second principle of Auguste Kerckhoffs"u8);
        Assert.Equal("C80EDFA32DDF39D5EF00C0B468834279", Convert.ToHexString(ciphertext)[..32]);
        Assert.Equal("652C3FA36B0A7C5B3219FAB3A30BC1C4", Convert.ToHexString(tag));
    }
}
