using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Verification.Trust;

/// <summary>
/// The valid policy graph (RFC 9618 5, in place of RFC 5280's tree, whose nodes a hostile path could multiply without bound): at each
/// depth one node a policy.
/// </summary>
internal sealed class PolicyGraph
{
    private sealed record Node(string Policy, HashSet<string> Expected, IReadOnlyList<Node> Parents);

    private Dictionary<string, Node> last;

    public PolicyGraph() => last = new(StringComparer.Ordinal) { [Oids.AnyPolicy] = new Node(Oids.AnyPolicy, [Oids.AnyPolicy], []) };

    /// <summary>No policy is valid for the path so far.</summary>
    public bool IsNull => last.Count == 0;

    /// <summary>RFC 9618 5.3 (d), (e): the policies of the next certificate.</summary>
    public void Take(IReadOnlyList<string>? policies, bool anyPolicyCounts)
    {
        if (policies is null || IsNull)
        {
            last = [];
            return;
        }
        var next = new Dictionary<string, Node>(StringComparer.Ordinal);
        // (d)(1): each policy stated, below the nodes that expect it, else below anyPolicy.
        foreach (var policy in policies.Where(policy => policy != Oids.AnyPolicy).Distinct())
        {
            List<Node> parents = [.. last.Values.Where(node => node.Expected.Contains(policy))];
            if (parents.Count == 0 && last.TryGetValue(Oids.AnyPolicy, out var any))
                parents.Add(any);
            if (parents.Count > 0)
                next[policy] = new Node(policy, [policy], parents);
        }
        // (d)(2): anyPolicy stands for all that is expected and not named.
        if (anyPolicyCounts && policies.Contains(Oids.AnyPolicy))
        {
            foreach (var expected in last.Values.SelectMany(node => node.Expected).Distinct().Where(expected => !next.ContainsKey(expected)).ToList())
                next[expected] = new Node(expected, [expected], [.. last.Values.Where(node => node.Expected.Contains(expected))]);
        }
        last = next;
    }

    /// <summary>RFC 9618 5.4 (b): what the authority calls by other names from here on.</summary>
    public void Map(IReadOnlyList<PolicyMapping> mappings, bool allowed)
    {
        foreach (var mapping in mappings.GroupBy(mapping => mapping.IssuerDomainPolicy, StringComparer.Ordinal))
        {
            if (!allowed)
            {
                last.Remove(mapping.Key);
                continue;
            }
            HashSet<string> expected = [.. mapping.Select(one => one.SubjectDomainPolicy)];
            if (last.TryGetValue(mapping.Key, out var node))
                last[mapping.Key] = node with { Expected = expected };
            else if (last.TryGetValue(Oids.AnyPolicy, out var any))
                last[mapping.Key] = new Node(mapping.Key, expected, any.Parents);
        }
    }

    /// <summary>RFC 9618 5.5 (g), (h): is one of the policies that the verifier accepts valid for the whole path?</summary>
    /// <param name="accepted">Empty = any.</param>
    public bool IsAcceptable(IReadOnlyCollection<string> accepted)
    {
        if (IsNull)
            return false;
        if (accepted.Count == 0 || last.ContainsKey(Oids.AnyPolicy))
            return true;
        // The policies in the anchor's own words: nodes right below one of anyPolicy, from which a valid node of the leaf descends.
        var seen = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<Node>(last.Values);
        while (waiting.TryPop(out var node))
        {
            if (!seen.Add(node))
                continue;
            if (node.Policy != Oids.AnyPolicy && node.Parents.Any(parent => parent.Policy == Oids.AnyPolicy) && accepted.Contains(node.Policy))
                return true;
            foreach (var parent in node.Parents)
                waiting.Push(parent);
        }
        return false;
    }
}
