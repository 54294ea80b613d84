using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Identity.Authority.Timestamps;

/// <summary>What Linux knows about its own clock (adjtimex(2)): a time daemon tells it, and it grows doubtful by itself when that falls silent.</summary>
/// <param name="IsSynchronised">neither TIME_ERROR nor STA_UNSYNC</param>
/// <param name="MaxError">the bound that the time daemon has given, grown since then</param>
public sealed record KernelClock(bool IsSynchronised, TimeSpan MaxError)
{
    private const int StructureLength = 256;
    private const int MaxErrorOffset = 24;
    private const int StatusOffset = 40;
    private const int TimeError = 5;
    private const int Unsynchronised = 0x40;

    /// <summary>Null where the system does not tell. Changes nothing: the mode is 0.</summary>
    public static KernelClock? Read()
    {
        // The offsets are those of struct timex where long has 64 bits.
        if (!OperatingSystem.IsLinux() || nint.Size != 8) return null;
        var structure = new byte[StructureLength];
        var state = ReadClock(structure);
        return state < 0 ? null : From(state, structure);
    }

    internal static KernelClock From(int state, ReadOnlySpan<byte> structure)
    {
        var status = BinaryPrimitives.ReadInt32LittleEndian(structure[StatusOffset..]);
        var microseconds = Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(structure[MaxErrorOffset..]), 0, int.MaxValue);
        return new KernelClock(state != TimeError && (status & Unsynchronised) == 0, TimeSpan.FromMicroseconds(microseconds));
    }

    [DllImport("libc", EntryPoint = "adjtimex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(byte[] structure);
}
