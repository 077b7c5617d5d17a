namespace Praefect.Grains.Embedded.Activations;

/// <summary>Activation or deactivation of a grain, as a link in the chain of calls.</summary>
internal sealed class LifecycleTurn : Turn
{
    private readonly Func<Task> _run;
    private readonly string _name;

    internal LifecycleTurn(Activation target, Turn? parent, Func<Task> run, string name)
        : base(parent)
    {
        Target = target;
        _run = run;
        _name = name;
    }

    public override void Execute() => _ = RunAsync();

    public override string ToString() => $"{Target}.{_name}";

    internal override void Fail(Exception error) { }

    private async Task RunAsync()
    {
        Ambient.Value = this;
        await _run();
        End();
    }
}
