using Tandem.Serialization;

namespace Tandem.Processes;

/// <summary>Writers for chunks that are filled over time. Each is rented, returned, and used again.</summary>
internal sealed class WriterPool
{
    private readonly List<PayloadWriter> _writers = []; // guarded by itself

    internal PayloadWriter Rent()
    {
        lock (_writers)
        {
            if (_writers.Count > 0)
            {
                PayloadWriter writer = _writers[^1];
                _writers.RemoveAt(_writers.Count - 1);
                return writer;
            }
        }

        return new PayloadWriter();
    }

    internal void Return(PayloadWriter writer)
    {
        writer.Abandon();
        lock (_writers)
            _writers.Add(writer);
    }

    /// <summary>The pool has ended: disposes the writers that were returned.</summary>
    internal void Clear()
    {
        lock (_writers)
        {
            _writers.ForEach(static writer => writer.Dispose());
            _writers.Clear();
        }
    }
}
