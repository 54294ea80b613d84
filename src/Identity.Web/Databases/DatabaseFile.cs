namespace Identity.Web.Databases;

/// <summary>The file of an SQLite database.</summary>
public static class DatabaseFile
{
    /// <summary>
    /// What people are and did is in it: for this service's account alone, as keys and audit log are. SQLite gives what stands beside it the same rights.
    /// </summary>
    /// <param name="file">is there; what stands beside it need not be</param>
    /// <exception cref="UnauthorizedAccessException">it is another account's</exception>
    public static void KeepPrivate(string file)
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var part in new[] { file, file + "-wal", file + "-shm" })
        {
            try
            {
                File.SetUnixFileMode(part, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            catch (FileNotFoundException)
            {
                // Only the first must be there; the others come and go, also by another copy of the service.
            }
        }
    }
}
