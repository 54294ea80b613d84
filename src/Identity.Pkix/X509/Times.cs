using System.Formats.Asn1;
using Identity.Pkix.Asn1;

namespace Identity.Pkix.X509;

/// <summary>RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, whole seconds.</summary>
internal static class Times
{
    private const int LastUtcTimeYear = 2049;

    public static DateTimeOffset Read(AsnReader reader)
    {
        var tag = reader.PeekTag();
        if (tag.HasSameClassAndValue(Asn1Tag.UtcTime)) return reader.ReadUtcTime(LastUtcTimeYear);
        if (tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime)) return reader.ReadGeneralizedTime();
        throw new MalformedException("Time: neither UTCTime nor GeneralizedTime");
    }

    public static void Write(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year is >= 1950 and <= LastUtcTimeYear) writer.WriteUtcTime(time, LastUtcTimeYear);
        else writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
    }
}
