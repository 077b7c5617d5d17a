namespace Praefect.Silo.CommandLine;

/// <summary>Lines from several tasks at once, each in one piece.</summary>
internal sealed class TextWriterLines : IDisposable
{
    private readonly TextWriter _writer;
    private readonly Lock _turn = new();

    private TextWriterLines(TextWriter writer) => _writer = writer;

    public static TextWriterLines Over(TextWriter writer) => new(writer);

    public void Write(string line)
    {
        lock (_turn)
            _writer.WriteLine(line);
    }

    public void Dispose() => _writer.Flush();
}
