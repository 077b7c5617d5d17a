namespace Praefect.StorageNode.Hosting;

/// <summary>The node cannot start. The message is one line that says what is wrong and what to do about it.</summary>
public sealed class NodeStartException(string message, Exception? inner = null) : Exception(message, inner);
