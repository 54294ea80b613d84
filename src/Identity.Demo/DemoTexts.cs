namespace Identity.Demo;

/// <summary>Names the texts of the portals: DemoTexts.resx, .et.resx, .zh-Hans.resx.</summary>
public sealed class DemoTexts
{
}
