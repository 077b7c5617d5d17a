using System.Text;
using Praefect.Silo.Logging;

namespace Praefect.Silo.Tests.Logging;

/// <summary>A log line of usual length is one call of the system.</summary>
public sealed class WholeLinesTests
{
    [Fact]
    public void A_line_goes_out_at_once_and_without_a_mark_of_its_encoding()
    {
        using var output = new CountingStream();
        using var writer = WholeLines.Writer(output);
        var line = new string('x', 3000) + "ä\n";

        writer.Write(line);

        Assert.Equal(1, output.Writes);
        Assert.Equal(line, Encoding.UTF8.GetString(output.ToArray()));
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        // Writes of spans come here, too.
        public override void Write(byte[] buffer, int offset, int count)
        {
            Writes++;
            base.Write(buffer, offset, count);
        }
    }
}
