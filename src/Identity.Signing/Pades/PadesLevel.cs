namespace Identity.Signing.Pades;

/// <summary>Levels of EN 319 142-1 6, lowest first. Each has all that the ones before have.</summary>
public enum PadesLevel
{
    /// <summary>The signature alone.</summary>
    B,

    /// <summary>Proven to have existed at a time.</summary>
    T,

    /// <summary>With what is needed to verify it when nobody can be asked any more.</summary>
    LT,

    /// <summary>All of that proven to have existed at a time: can be renewed for as long as somebody wants to.</summary>
    LTA,
}

/// <summary>The words of settings, API and database: B-B, B-T, B-LT, B-LTA.</summary>
public static class PadesLevels
{
    public static string Word(this PadesLevel level) => "B-" + level;

    /// <summary>Null for anything else.</summary>
    public static PadesLevel? Read(string? word) => word switch
    {
        "B-B" => PadesLevel.B,
        "B-T" => PadesLevel.T,
        "B-LT" => PadesLevel.LT,
        "B-LTA" => PadesLevel.LTA,
        _ => null,
    };
}
