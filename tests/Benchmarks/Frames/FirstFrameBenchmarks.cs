using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Frames;

/// <summary>Cutting the repository out of a request's first frame, and writing the frame anew for a node.</summary>
[MemoryDiagnoser]
[InProcess]
public class FirstFrameBenchmarks
{
    private readonly RpcMethod _method = RpcRegistry.TryFind(Methods.Ref.RefExists, out var method) ? method : throw new InvalidOperationException("RefExists is not in the registry");
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));
    private byte[] _bytes = [];
    private FirstFrame _frame = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var message = new RefExistsRequest
        {
            Repository = new Repository
            {
                StorageName = "default",
                RelativePath = "@hashed/6b/86/6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b.git",
                GlRepository = "project-1",
                GlProjectPath = "group/project",
            },
            Ref = ByteString.CopyFromUtf8("refs/heads/main"),
        }.ToByteArray();
        _bytes = new byte[5 + message.Length];
        _bytes[4] = checked((byte)message.Length);
        message.CopyTo(_bytes, 5);
        await _pipe.Writer.WriteAsync(_bytes);
        _frame = (await FirstFrame.ReadAsync(_pipe.Reader, 1 << 20, CancellationToken.None))!;
    }

    [Benchmark(Description = "read the repository's fields")]
    public string ReadFields() => RequestRewriter.ReadRepository(_frame.Message.Span, _method.Target!).RelativePath;

    [Benchmark(Description = "write the frame anew")]
    public int Rewrite()
    {
        using var rewritten = RequestRewriter.Rewrite(_frame, _method, "gitaly-1", "@cluster/repositories/6b/86/1", null);
        return rewritten.Memory.Length;
    }

    [Benchmark(Description = "cut off the stream, read, write anew")]
    public async Task<int> All()
    {
        await _pipe.Writer.WriteAsync(_bytes);
        using var frame = (await FirstFrame.ReadAsync(_pipe.Reader, 1 << 20, CancellationToken.None))!;
        var fields = RequestRewriter.ReadRepository(frame.Message.Span, _method.Target!);
        using var rewritten = RequestRewriter.Rewrite(frame, _method, fields.StorageName, "@cluster/repositories/6b/86/1", null);
        return rewritten.Memory.Length;
    }
}
