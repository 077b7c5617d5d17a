using Praefect.Grains.Transactions;

namespace Praefect.Grains.Repositories;

/// <summary>Remembers what the last writes came to, so that a gateway whose call was cut off can ask again. The oldest make room.</summary>
internal sealed class FinishedWrites(int bound)
{
    private readonly Dictionary<ulong, FinishResult> _results = [];
    private readonly Queue<ulong> _order = new();

    /// <summary>What a write came to; null when it is not remembered.</summary>
    public FinishResult? Find(ulong transactionId) => _results.GetValueOrDefault(transactionId);

    /// <summary>Remembers a result.</summary>
    public void Add(ulong transactionId, FinishResult result)
    {
        if (!_results.TryAdd(transactionId, result))
            return;
        _order.Enqueue(transactionId);
        if (_order.Count > bound)
            _results.Remove(_order.Dequeue());
    }
}
