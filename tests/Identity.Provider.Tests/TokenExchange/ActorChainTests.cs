namespace Identity.Provider.TokenExchange;

public sealed class ActorChainTests
{
    [Fact]
    public void Nests_those_before_and_ends_at_three()
    {
        var one = ActorChain.Extended(null, "one");
        Assert.Equal("""{"sub":"one"}""", one);
        var three = ActorChain.Extended(ActorChain.Extended(one, "two"), "three");
        Assert.Equal("""{"sub":"three","act":{"sub":"two","act":{"sub":"one"}}}""", three);
        Assert.Null(ActorChain.Extended(three, "four"));
    }
}
