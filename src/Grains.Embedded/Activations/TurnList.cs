namespace Praefect.Grains.Embedded.Activations;

/// <summary>A list of turns linked through themselves: no allocation, removal from the middle. Guarded by the activation's gate.</summary>
internal sealed class TurnList
{
    internal Turn? First { get; private set; }

    internal int Count { get; private set; }

    private Turn? Last { get; set; }

    internal void Append(Turn turn)
    {
        turn.List = this;
        turn.Next = null;
        turn.Previous = Last;
        if (Last is null) First = turn;
        else Last.Next = turn;
        Last = turn;
        Count++;
    }

    internal void Remove(Turn turn)
    {
        if (turn.Previous is null) First = turn.Next;
        else turn.Previous.Next = turn.Next;
        if (turn.Next is null) Last = turn.Previous;
        else turn.Next.Previous = turn.Previous;
        turn.List = null;
        turn.Next = turn.Previous = null;
        Count--;
    }

    internal Turn[] TakeAll()
    {
        var all = new Turn[Count];
        for (var i = 0; First is { } turn; i++)
        {
            all[i] = turn;
            Remove(turn);
        }

        return all;
    }
}
