namespace Praefect.Simulation.Load;

/// <summary>What may go wrong in a run. Each seed draws its own selection: some bugs show only where something else does not get in their way.</summary>
[Flags]
internal enum Faults
{
    None = 0,
    NodesDie = 1,
    NodesHang = 1 << 1,
    NodesLie = 1 << 2,
    NetworkCuts = 1 << 3,
    NetworkLoses = 1 << 4,
    NetworkSlow = 1 << 5,
    StoreFails = 1 << 6,
    StoreDown = 1 << 7,
    StoreSlow = 1 << 8,
    SilosDie = 1 << 9,
    SilosHang = 1 << 10,
    Duplicates = 1 << 11,
    GatewaysDie = 1 << 12,
    Operators = 1 << 13,
    Removals = 1 << 14,
    Voteless = 1 << 15,
    DisksOld = 1 << 16,
    All = (1 << 17) - 1,
}
