using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Praefect.Grains.Tests")]
