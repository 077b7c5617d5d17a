using Praefect.Grains.Assignment;

namespace Praefect.Grains.Tests.Assignment;

public sealed class TakenIdsTests
{
    [Theory]
    [InlineData("@cluster/repositories/6b/86/1", 1)]
    [InlineData("@cluster/pools/d4/73/20", 20)]
    [InlineData("@cluster/repositories/6b/86/99999999999999999999", 0)]
    [InlineData("@cluster/repositories/6b/86/1.git", 0)]
    [InlineData("@hashed/6b/86/1.git", 0)]
    public void Only_cluster_paths_have_an_id(string path, long id) => Assert.Equal(id, TakenIds.Of(path));
}
