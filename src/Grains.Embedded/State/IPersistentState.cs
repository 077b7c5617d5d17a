namespace Orleans.Core
{
    /// <summary>A piece of a grain's state in the store.</summary>
    public interface IStorage
    {
        /// <summary>The version that was read or written last; null when there is no record.</summary>
        string? Etag { get; }

        /// <summary>The store holds a record.</summary>
        bool RecordExists { get; }

        /// <summary>Empties the record.</summary>
        Task ClearStateAsync();

        /// <summary>Writes the state as it is now.</summary>
        /// <exception cref="Storage.InconsistentStateException">Another writer came first. When it leaves the grain, the activation stops.</exception>
        Task WriteStateAsync();

        /// <summary>Replaces the state by what the store holds.</summary>
        Task ReadStateAsync();

        /// <inheritdoc cref="ClearStateAsync()"/>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

        /// <inheritdoc cref="WriteStateAsync()"/>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <inheritdoc cref="ReadStateAsync()"/>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
    }

    /// <summary>A piece of a grain's state in the store and in memory.</summary>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The state in memory; a new one when there is no record.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>State injected into a grain's constructor, read before <see cref="Grain.OnActivateAsync"/>.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>Marks a constructor parameter of type <see cref="IPersistentState{TState}"/>.</summary>
    /// <param name="stateName">Names the state within its grain.</param>
    /// <param name="storageName">Names the storage provider of a cluster; here there is one store.</param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
    {
        /// <summary>Names the state within its grain.</summary>
        public string StateName { get; } = stateName;

        /// <summary>Names the storage provider of a cluster.</summary>
        public string? StorageName { get; } = storageName;
    }
}
