namespace Praefect.Silo.CommandLine;

/// <summary>A command cannot do what it was asked for; the message is what the operator reads.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner);
