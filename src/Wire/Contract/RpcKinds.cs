namespace Praefect.Wire.Contract;

/// <summary>What an RPC does to the state it addresses (Gitaly's <c>op_type.op</c>).</summary>
public enum RpcOperation
{
    /// <summary>Not annotated: an RPC of an intercepted service.</summary>
    None,

    /// <summary>Reads only.</summary>
    Accessor,

    /// <summary>Writes.</summary>
    Mutator,

    /// <summary>Housekeeping: neither a transaction nor a change of generation.</summary>
    Maintenance,
}

/// <summary>What an RPC addresses (Gitaly's <c>op_type.scope_level</c>).</summary>
public enum RpcScope
{
    /// <summary>Not annotated: an RPC of an intercepted service.</summary>
    None,

    /// <summary>One repository.</summary>
    Repository,

    /// <summary>One storage.</summary>
    Storage,

    /// <summary>One partition of one storage of one node; has no meaning behind a virtual storage.</summary>
    Partition,
}

/// <summary>Who answers an RPC.</summary>
public enum RpcHandling
{
    /// <summary>Routed to nodes by the columns of the registry.</summary>
    Proxy,

    /// <summary>Belongs to a routed service, but has a handler of its own here.</summary>
    Handler,

    /// <summary>Belongs to an intercepted service, which the proxy serves itself.</summary>
    Own,

    /// <summary>Has no meaning behind a virtual storage; answered with UNIMPLEMENTED.</summary>
    Refused,
}
