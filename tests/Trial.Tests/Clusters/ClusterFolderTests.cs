using System.Net;
using System.Net.Sockets;
using Praefect.Trial.Clusters;

namespace Praefect.Trial.Tests.Clusters;

public sealed class ClusterFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-folder-").FullName;

    [Fact]
    public void A_folder_in_use_is_refused_until_it_is_given_up()
    {
        using (ClusterFolder.Open(_folder))
        {
            var error = Assert.Throws<TrialException>(() => ClusterFolder.Open(_folder));
            Assert.Contains("If another cluster runs in it", error.Message, StringComparison.Ordinal);
        }

        ClusterFolder.Open(_folder).Dispose();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, string.Empty);

        var error = Assert.Throws<TrialException>(() => ClusterFolder.Open(Path.Combine(file, "inside")));

        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_are_remembered()
    {
        var file = Path.Combine(_folder, "ports.json");
        var first = ClusterPorts.Choose(file, 3, 0);
        var second = ClusterPorts.Choose(file, 3, 0);

        Assert.Equal((first.Git, first.Grpc, first.Metrics), (second.Git, second.Grpc, second.Metrics));
        Assert.Equal(6, new HashSet<int>([first.Git, first.Grpc, first.Metrics, .. first.Nodes]).Count);
    }

    [Fact]
    public void A_port_for_people_that_is_taken_is_refused_and_inner_ones_move()
    {
        var file = Path.Combine(_folder, "ports.json");
        var ports = ClusterPorts.Choose(file, 3, 0);
        using (Listen(ports.Git))
        {
            var error = Assert.Throws<TrialException>(() => ClusterPorts.Choose(file, 3, 0));
            Assert.Contains($"port {ports.Git}, which the last run of this cluster had, is in use", error.Message, StringComparison.Ordinal);
        }

        using (Listen(ports.Grpc))
            Assert.NotEqual(ports.Grpc, ClusterPorts.Choose(file, 3, 0).Grpc);
    }

    [Fact]
    public void A_cluster_of_silos_has_ports_of_its_own_for_everything_and_keeps_them()
    {
        var file = Path.Combine(_folder, "silo-ports.json");
        var size = new SiloClusterSize(Gateways: 3, Nodes: 3);
        var first = SiloClusterPorts.Choose(file, size, 0);
        var second = SiloClusterPorts.Choose(file, size, 0);

        int[] all = [first.Postgres, .. first.Nodes, .. first.Gateways.SelectMany(member => new[] { member.Git, member.Grpc, member.Metrics })];
        Assert.Equal(1 + 3 + (4 * 3), all.Distinct().Count());
        Assert.Equal(first.Gateways.AsEnumerable(), second.Gateways);
        Assert.Equal((first.Postgres, string.Join(' ', first.Nodes)), (second.Postgres, string.Join(' ', second.Nodes)));

        // Asked for what the other gateway had: that one moves.
        var swapped = SiloClusterPorts.Choose(file, size, first.Gateways[1].Git);
        Assert.Equal(first.Gateways[1].Git, swapped.Gateways[0].Git);
        Assert.NotEqual(swapped.Gateways[0].Git, swapped.Gateways[1].Git);

        // The one that somebody added by hand may run still.
        using (Listen(swapped.Gateways[^1].Git))
            Assert.NotEqual(swapped.Gateways[^1].Git, SiloClusterPorts.Choose(file, size, 0).Gateways[^1].Git);
    }

    [Theory]
    [InlineData(true, "start it without --cluster")]
    [InlineData(false, "start it with --cluster")]
    public void A_folder_of_the_other_kind_of_cluster_is_refused(bool silos, string advice)
    {
        using var folder = ClusterFolder.Open(_folder);
        folder.CheckKind(silos);
        if (silos)
            File.WriteAllText(folder.Store, string.Empty);
        else
            Directory.CreateDirectory(folder.Postgres);

        var error = Assert.Throws<TrialException>(() => folder.CheckKind(silos));

        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        folder.CheckKind(!silos);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
