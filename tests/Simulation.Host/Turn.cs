using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Orleans.Storage;

namespace Praefect.Simulation.Hosting;

/// <summary>One thing that a grain is asked to do and that runs from its start to its end, awaits included: a call, or a timer's tick.</summary>
internal abstract class Turn
{
    public virtual bool ReadOnly => false;

    public virtual bool AlwaysInterleave => false;

    /// <summary>Counts as use of the activation.</summary>
    public virtual bool KeepsAlive => true;

    /// <summary>Ends with its activation, and may still run while that waits for the end of its turns.</summary>
    public virtual bool IsLocal => false;

    /// <summary>Its caller wants no answer any more, so it does not start.</summary>
    public virtual bool IsOver => false;

    public virtual Guid ReentrancyId => Guid.Empty;

    /// <summary>Runs it on the queue of its target.</summary>
    public async Task RunAsync(IGrainContext target)
    {
        if (IsOver)
            return;
        Response response;
        try
        {
            response = await InvokeAsync(target);
        }
        catch (Exception e)
        {
            response = Response.FromException(e);
        }

        // A grain whose write found another writer has worthless memory.
        if (response.Exception is InconsistentStateException conflict && Internals.TakeSource(conflict))
            target.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, conflict.Message));
        Ended(response);
    }

    /// <summary>It will not run.</summary>
    public virtual void Fail(Exception error)
    {
    }

    protected abstract ValueTask<Response> InvokeAsync(IGrainContext target);

    protected virtual void Ended(Response response)
    {
    }
}
