using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Praefect.Silo.Configuration;

/// <summary>The certificate of <c>[tls]</c> and its key.</summary>
internal static class CertificatePair
{
    /// <summary>Reads both. Throws as <see cref="X509Certificate2.CreateFromPem(ReadOnlySpan{char}, ReadOnlySpan{char})"/> and the file system do.</summary>
    public static X509Certificate2 Load(TlsOptions tls) => X509Certificate2.CreateFromPem(File.ReadAllText(tls.CertificatePath), Key(tls));

    /// <summary>Why they cannot be used together, and whether it is the key's fault; null: they can.</summary>
    public static (string Message, bool OfKey)? Problem(TlsOptions tls)
    {
        try
        {
            if (!PemEncoding.TryFind(File.ReadAllText(tls.CertificatePath), out _))
                return ("tls: failed to find any PEM data in certificate input", false);
            if (!PemEncoding.TryFind(Key(tls), out _))
                return ("tls: failed to find any PEM data in key input", true);
            Load(tls).Dispose();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return (e.Message, true);
        }
    }

    private static string Key(TlsOptions tls) => tls.Key.Length > 0 ? tls.Key : File.ReadAllText(tls.KeyPath);
}
