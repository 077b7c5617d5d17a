namespace Praefect.Trial.Clusters;

/// <summary>Where a <c>praefect</c> of a cluster listens, on loopback.</summary>
/// <param name="Git">Git over HTTP: what people use.</param>
/// <param name="Grpc">gRPC.</param>
/// <param name="Metrics">Metrics and readiness.</param>
public sealed record MemberPorts(int Git, int Grpc, int Metrics);
