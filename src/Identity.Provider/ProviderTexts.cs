namespace Identity.Provider;

/// <summary>Names the resources that hold what people read: ProviderTexts.resx and its translations.</summary>
public sealed class ProviderTexts;
