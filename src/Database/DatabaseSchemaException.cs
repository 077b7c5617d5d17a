namespace Praefect.Database;

/// <summary>The database is not in the state that this program needs; the message says what to do.</summary>
public sealed class DatabaseSchemaException(string message) : Exception(message);
