namespace Identity.Signing.Requests;

/// <summary>Why the person is back at the review page; each has its text.</summary>
public enum ReviewNotice
{
    Declined,
    ApprovalFailed,
    OtherPerson,
    ProviderUnavailable,

    /// <summary>No key can be made now.</summary>
    KeysUnavailable,

    /// <summary>The signature cannot be shown there.</summary>
    PlaceUnavailable,
}
