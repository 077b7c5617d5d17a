using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Praefect.Grains.Tests")]
[assembly: InternalsVisibleTo("Praefect.Simulation")]
