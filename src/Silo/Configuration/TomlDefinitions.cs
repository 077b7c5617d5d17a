namespace Praefect.Silo.Configuration;

/// <summary>
/// TOML's rule that nothing is defined twice, where keys that differ in case are two. (Tomlyn checks it too, but takes an element of a list of tables for the one
/// before it: a virtual storage that has its nodes in brackets, after one with a header for each, would be refused.)
/// </summary>
internal sealed class TomlDefinitions
{
    private readonly Dictionary<string, TomlDefinitions> _inner = new(StringComparer.Ordinal);
    private readonly ConfigurationPlace _place;
    private State _state;

    private TomlDefinitions(State state, ConfigurationPlace place) => (_state, _place) = (state, place);

    private enum State
    {
        /// <summary>Named on the way to another table in a header; may still get a header of its own.</summary>
        Implied,

        /// <summary>Has its header.</summary>
        Header,

        /// <summary>Made by a dotted key; further dotted keys may add to it, a header may not.</summary>
        Dotted,

        /// <summary>A list of tables with headers: further ones may be added. What is inside belongs to the last.</summary>
        List,

        /// <summary>A value: complete.</summary>
        Value,
    }

    /// <summary>A table in which nothing is defined.</summary>
    public static TomlDefinitions None() => new(State.Header, default);

    /// <summary>Defines a table by its header.</summary>
    /// <returns>The inside of the table; null with the problem when it may not be defined.</returns>
    public TomlDefinitions? Header(IReadOnlyList<string> path, bool list, ConfigurationPlace place, out string problem)
    {
        var parent = this;
        foreach (var key in path.SkipLast(1))
        {
            if (!parent._inner.TryGetValue(key, out var next))
                parent._inner[key] = next = new TomlDefinitions(State.Implied, place);
            if (next._state == State.Value)
                return Refuse($"\"{key}\" is a value set at {next._place} and cannot be added to", out problem);
            parent = next;
        }

        problem = string.Empty;
        var name = path[^1];
        if (!parent._inner.TryGetValue(name, out var found))
            return parent._inner[name] = new TomlDefinitions(list ? State.List : State.Header, place);
        switch (found._state)
        {
            case State.Implied when !list:
                found._state = State.Header;
                return found;
            case State.List when list:
                found._inner.Clear();
                return found;
            default:
                return Refuse(list && found._state == State.Value
                    ? $"\"{name}\" is a value set at {found._place}, not an array of tables"
                    : $"\"{name}\" is already defined at {found._place}", out problem);
        }
    }

    /// <summary>Defines a value in this table.</summary>
    /// <returns>What is wrong with that; empty when nothing is.</returns>
    public string Value(IReadOnlyList<string> path, ConfigurationPlace place)
    {
        var parent = this;
        foreach (var key in path.SkipLast(1))
        {
            if (!parent._inner.TryGetValue(key, out var next))
                parent._inner[key] = next = new TomlDefinitions(State.Dotted, place);
            if (next._state != State.Dotted)
                return $"\"{key}\" is set at {next._place} and cannot be added to";
            parent = next;
        }

        if (parent._inner.TryGetValue(path[^1], out var found))
            return $"\"{path[^1]}\" is already defined at {found._place}";
        parent._inner[path[^1]] = new TomlDefinitions(State.Value, place);
        return string.Empty;
    }

    private static TomlDefinitions? Refuse(string words, out string problem)
    {
        problem = words;
        return null;
    }
}
