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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
