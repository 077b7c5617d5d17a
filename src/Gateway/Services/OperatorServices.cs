using Praefect.Gateway.Checks;
using Praefect.Gateway.Clock;
using Praefect.Gateway.Info;
using Praefect.Gateway.Reflection;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Services;

/// <summary>What people and their tools call: PraefectInfoService, the questions about the installation, and reflection.</summary>
internal sealed class OperatorServices(
    PraefectInfoService info, DatalossReport dataloss, ReplicaChecksums checksums, VerificationMarks marks, ReadinessChecks readiness, ClockCheck clock,
    ServerSignatures signatures, ReflectionService reflection)
{
    public void Register(GrpcMethodTable table) => table
        .Unary<RepositoryReplicasRequest, RepositoryReplicasResponse>(
            Methods.PraefectInfo.RepositoryReplicas, RepositoryReplicasRequest.Parser, checksums.CompareAsync)
        .ServerStream<DatalossRequest, DatalossResponse>(Methods.PraefectInfo.Dataloss, DatalossRequest.Parser, dataloss.SendAsync)
        .Unary<SetAuthoritativeStorageRequest, SetAuthoritativeStorageResponse>(
            Methods.PraefectInfo.SetAuthoritativeStorage, SetAuthoritativeStorageRequest.Parser, info.SetAuthoritativeStorageAsync)
        .Unary<MarkUnverifiedRequest, MarkUnverifiedResponse>(Methods.PraefectInfo.MarkUnverified, MarkUnverifiedRequest.Parser, marks.MarkAsync)
        .Unary<SetReplicationFactorRequest, SetReplicationFactorResponse>(
            Methods.PraefectInfo.SetReplicationFactor, SetReplicationFactorRequest.Parser, info.SetReplicationFactorAsync)
        .Unary<GetRepositoryMetadataRequest, GetRepositoryMetadataResponse>(
            Methods.PraefectInfo.GetRepositoryMetadata, GetRepositoryMetadataRequest.Parser, info.GetRepositoryMetadataAsync)
        .Unary<ReadinessCheckRequest, ReadinessCheckResponse>(Methods.Server.ReadinessCheck, ReadinessCheckRequest.Parser, readiness.RunAsync)
        .Unary<ClockSyncedRequest, ClockSyncedResponse>(Methods.Server.ClockSynced, ClockSyncedRequest.Parser, clock.CheckAsync)
        .Unary<ServerSignatureRequest, ServerSignatureResponse>(Methods.Server.ServerSignature, ServerSignatureRequest.Parser, signatures.AskAsync)
        .Duplex<ServerReflectionRequest, ServerReflectionResponse>(ReflectionService.Path, ServerReflectionRequest.Parser, reflection.AnswerAsync);
}
