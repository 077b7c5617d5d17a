namespace Orleans.Runtime;

/// <summary>Anything that calls can be addressed to: a grain, a reference to one, an observer.</summary>
public interface IAddressable;
