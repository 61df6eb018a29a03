using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// The free entries of the board. The entry that was returned last is used next, because for each connection workers scan all entries that
/// were ever in use; so there are no more of these than there were workers at the same time. Not synchronised.
/// </summary>
internal sealed class BoardEntries
{
    private readonly Board _board;
    private readonly List<int> _free = []; // a stack: the next one to use is last

    /// <param name="board">The board.</param>
    /// <param name="former">Workers of the previous supervisor, which keep their entries.</param>
    internal BoardEntries(Board board, IEnumerable<InheritedWorker> former)
    {
        _board = board;
        for (int entry = Board.Capacity - 1; entry >= Board.First; entry--)
            _free.Add(entry);
        foreach (InheritedWorker worker in former)
            _free.Remove(worker.Entry);
    }

    /// <summary>Takes a free entry, and clears it.</summary>
    /// <exception cref="InvalidOperationException">No entry is free.</exception>
    internal int Take()
    {
        if (_free.Count == 0)
        {
            throw new InvalidOperationException(
                $"There are already {Board.Capacity - Board.First} processes, including those that are exiting.");
        }

        int entry = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        _board[entry] = default;
        _board.Used = Math.Max(_board.Used, entry + 1);
        return entry;
    }

    /// <summary>Returns the entry of a process that has exited.</summary>
    internal void Return(int entry) => _free.Add(entry);
}
