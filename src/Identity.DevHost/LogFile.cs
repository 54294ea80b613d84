using System.Globalization;
using System.Text;

namespace Identity.DevHost;

/// <summary>The full log of one service as a text file; the console shows warnings and errors only. Kept over restarts up to a size, with one predecessor.</summary>
[ProviderAlias("File")]
internal sealed class LogFile : ILoggerProvider
{
    private const long MaximumBytes = 10 * 1024 * 1024;
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;
    private readonly TimeProvider _time;

    public LogFile(string path, TimeProvider time)
    {
        _time = time;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes })
            File.Move(path, path + ".1", overwrite: true);
        _writer = new StreamWriter(path, append: true, new UTF8Encoding(false)) { AutoFlush = true };
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
        lock (_lock)
            _writer.Dispose();
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var time = _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        // One entry, one line: what a request brought into a message cannot look like an entry of its own.
        var text = message.ReplaceLineEndings(" | ");
        lock (_lock)
        {
            if (_writer.BaseStream.CanWrite)
                _writer.WriteLine($"{time} {level,-11} {category}: {text}{(exception is null ? "" : " | " + exception.ToString().ReplaceLineEndings(" | "))}");
        }
    }

    private sealed class Category(LogFile file, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                file.Write(logLevel, name, formatter(state, exception), exception);
        }
    }
}
