using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Wire.Tests.Framing;

/// <summary>The rewriter against the protobuf library, on random messages: repeated and interleaved sub-messages, unknown fields of every wire type,
/// members of a oneof in any order. A failure prints the seed of the message.</summary>
public sealed class RequestRewriterProperties
{
    private static readonly string[] s_values = ["", "s", "default", "@hashed/aa/bb.git", new string('x', 127), new string('y', 128), new string('z', 20_000), "ä☺"];

    private static Arbitrary<int> Seeds => Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary();

    private static Config Config => Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Rewriting_equals_parsing_changing_and_serializing_where_there_are_two_repositories() =>
        Prop.ForAll(Seeds, seed => Check(seed, Methods.ObjectPool.LinkRepositoryToObjectPool, LinkRepositoryToObjectPoolRequest.Parser,
            m => m.Repository, m => m.ObjectPool?.Repository, random => RandomFields(random, (1, Pool), (2, Repository)))).Check(Config);

    [Fact]
    public void Rewriting_equals_parsing_changing_and_serializing_inside_a_oneof() =>
        Prop.ForAll(Seeds, seed => Check(seed, Methods.Operation.UserCommitFiles, UserCommitFilesRequest.Parser,
            m => m.Header?.Repository, _ => null, random => RandomFields(random, (1, Header), (1, Header), (2, Action)))).Check(Config);

    [Fact]
    public void Rewriting_equals_parsing_changing_and_serializing_in_a_pool() =>
        Prop.ForAll(Seeds, seed => Check(seed, Methods.ObjectPool.FetchIntoObjectPool, FetchIntoObjectPoolRequest.Parser,
            m => m.ObjectPool?.Repository, m => m.Origin, random => RandomFields(random, (1, Repository), (2, Pool)))).Check(Config);

    [Fact]
    public void Rewriting_to_the_same_values_changes_no_byte() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var values = (Pick(random), Pick(random));
        byte[] repository = [.. Unknown(random), .. Text(2, values.Item1), .. Unknown(random), .. Text(3, values.Item2), .. Unknown(random)];
        byte[] message = [.. Unknown(random), .. Message(1, repository), .. Unknown(random)];
        return Rewrite(Methods.Ref.RefExists, message, values.Item1, values.Item2, null).AsSpan().SequenceEqual(message);
    }).Check(Config);

    [Fact]
    public void Garbage_ends_in_a_frame_or_a_status() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var message = RandomFields(random, (1, Pool), (2, Repository), (1, Header));
        for (var i = random.Next(1, 8); i > 0 && message.Length > 0; i--)
        {
            message[random.Next(message.Length)] = (byte)random.Next(256);
        }

        message = message[..random.Next(message.Length + 1)];
        foreach (var path in new[] { Methods.ObjectPool.LinkRepositoryToObjectPool, Methods.Operation.UserCommitFiles, Methods.Ref.RefExists })
        {
            try
            {
                Rewrite(path, message, "s", "p", "a");
                RequestRewriter.ReadRepository(message, RequestRewriterTests.Target(path));
            }
            catch (GrpcException e) when (e.Status.Code is GrpcStatusCode.Internal or GrpcStatusCode.InvalidArgument)
            {
            }
        }

        return true;
    }).Check(Config);

    private static bool Check<T>(int seed, string path, MessageParser<T> parser, Func<T, Repository?> target, Func<T, Repository?> additional, Func<Random, byte[]> build)
        where T : class, IMessage<T>
    {
        var random = new Random(seed);
        var message = build(random);
        var expected = parser.ParseFrom(message);
        var read = RequestRewriter.ReadRepository(message, RequestRewriterTests.Target(path));
        if (target(expected) is not { } repository)
        {
            return !read.Present;
        }

        var same = read == new RepositoryFields(true, repository.StorageName, repository.RelativePath);
        var (storage, replicaPath, other) = (Pick(random), Pick(random), random.Next(3) == 0 ? null : Pick(random));
        var rewritten = Rewrite(path, message, storage, replicaPath, other);
        (repository.StorageName, repository.RelativePath) = (storage, replicaPath);
        if (other is not null && additional(expected) is { } second)
        {
            (second.StorageName, second.RelativePath) = (storage, other);
        }

        return same && expected.Equals(parser.ParseFrom(rewritten));
    }

    private static byte[] Rewrite(string path, byte[] message, string storage, string replicaPath, string? additional)
    {
        using var frame = FirstFrame.FromMessage(message);
        using var rewritten = RequestRewriter.Rewrite(frame, RequestRewriterTests.Method(path), storage, replicaPath, additional);
        return rewritten.Memory.Span[5..].ToArray();
    }

    private static byte[] RandomFields(Random random, params (int Number, Func<Random, byte[]> Content)[] known)
    {
        var bytes = new List<byte>();
        for (var i = random.Next(6); i > 0; i--)
        {
            var (number, content) = known[random.Next(known.Length)];
            bytes.AddRange(random.Next(3) == 0 ? Unknown(random) : Message(number, content(random)));
        }

        return [.. bytes];
    }

    private static byte[] Repository(Random random)
    {
        var bytes = new List<byte>();
        for (var i = random.Next(6); i > 0; i--)
        {
            bytes.AddRange(random.Next(5) switch { 0 or 1 => Text(2, Pick(random)), 2 or 3 => Text(3, Pick(random)), _ => random.Next(2) == 0 ? Text(6, "g") : Unknown(random) });
        }

        return [.. bytes];
    }

    private static byte[] Pool(Random random) => RandomFields(random, (1, Repository));

    private static byte[] Header(Random random) => RandomFields(random, (1, Repository));

    private static byte[] Action(Random random) => random.Next(2) == 0 ? [] : new UserCommitFilesAction { Content = ByteString.CopyFromUtf8("c") }.ToByteArray();

    private static string Pick(Random random) => s_values[random.Next(s_values.Length)];

    // Field numbers from 1000 on belong to no message; number 1 as a varint is a field of the wrong type, which parsers take for unknown.
    private static byte[] Unknown(Random random) => Write(output =>
    {
        var number = 1000 + random.Next(5);
        switch (random.Next(7))
        {
            case 0:
                output.WriteTag(number, WireFormat.WireType.Varint);
                output.WriteUInt64((ulong)random.NextInt64());
                break;
            case 1:
                output.WriteTag(number, WireFormat.WireType.Fixed64);
                output.WriteFixed64(1);
                break;
            case 2:
                output.WriteTag(number, WireFormat.WireType.Fixed32);
                output.WriteFixed32(1);
                break;
            case 3:
                output.WriteTag(number, WireFormat.WireType.StartGroup);
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteString("not a storage");
                output.WriteTag(number, WireFormat.WireType.EndGroup);
                break;
            case 4:
                output.WriteTag(1, WireFormat.WireType.Varint);
                output.WriteInt32(7);
                break;
            case 5:
                output.WriteTag(number, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(new byte[random.Next(200)]));
                break;
            default:
                break;
        }
    });

    private static byte[] Text(int number, string text) => Message(number, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int number, byte[] content) => Write(output =>
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
    });

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            write(output);
        }

        return stream.ToArray();
    }
}
