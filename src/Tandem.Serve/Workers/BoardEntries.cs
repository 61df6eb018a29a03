using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Which entries of the board are free. The one that came back last is the next to be given, because workers look at all entries that
/// were ever in use for each connection that they take: there are as many as there were workers at once. Not synchronised.
/// </summary>
internal sealed class BoardEntries
{
    private readonly Board _board;
    private readonly List<int> _free = []; // the next one last

    /// <param name="board">The board.</param>
    /// <param name="former">Workers of another supervisor, which keep theirs.</param>
    internal BoardEntries(Board board, IEnumerable<InheritedWorker> former)
    {
        _board = board;
        for (int entry = Board.Capacity - 1; entry >= Board.First; entry--)
            _free.Add(entry);
        foreach (InheritedWorker worker in former)
            _free.Remove(worker.Entry);
    }

    /// <summary>An entry, which is empty.</summary>
    /// <exception cref="InvalidOperationException">There is none left.</exception>
    internal int Take()
    {
        if (_free.Count == 0)
            throw new InvalidOperationException($"There are {Board.Capacity - Board.First} processes already, those that end included.");

        int entry = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        _board[entry] = default;
        _board.Used = Math.Max(_board.Used, entry + 1);
        return entry;
    }

    /// <summary>Gives back the entry of a process that is gone.</summary>
    internal void Return(int entry) => _free.Add(entry);
}
