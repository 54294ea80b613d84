namespace Identity.Verification.Validations;

/// <summary>The bytes that uploads may hold in memory together.</summary>
public sealed class UploadBudget(VerificationSettings settings)
{
    private long left = settings.MaxBytesInFlight;

    /// <summary>A share that gives back what it took when it is disposed.</summary>
    public Share Open() => new(this);

    public sealed class Share(UploadBudget budget) : IDisposable
    {
        private long taken;

        /// <summary>False when the budget is used up; then nothing was taken.</summary>
        public bool TryTake(long bytes)
        {
            if (Interlocked.Add(ref budget.left, -bytes) < 0)
            {
                Interlocked.Add(ref budget.left, bytes);
                return false;
            }
            taken += bytes;
            return true;
        }

        public void Dispose() => Interlocked.Add(ref budget.left, Interlocked.Exchange(ref taken, 0));
    }
}
