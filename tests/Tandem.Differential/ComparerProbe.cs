using System.Collections;
using System.Text;

namespace Tandem.Differential;

/// <summary>What a comparer answers to a few questions.</summary>
internal static class ComparerProbe
{
    private static readonly string?[] Texts = ["a", "A", "b", "ä", "", "a b", "10", "9", null];
    private static readonly int[] Numbers = [1, 2, -2, 12, 102];

    /// <summary>The answers, or null for what is no comparer of strings, numbers or anything.</summary>
    internal static string? TryOf(object value)
    {
        var answers = new StringBuilder();
        bool asked = false;
        if (value is IEqualityComparer<string> texts)
        {
            Pairs(answers, Texts, (a, b) => texts.Equals(a, b) && (a is null || b is null || texts.GetHashCode(a) == texts.GetHashCode(b)));
            asked = true;
        }

        if (value is IComparer<string> order)
        {
            Pairs(answers, Texts, (a, b) => order.Compare(a, b) < 0);
            asked = true;
        }

        if (value is IEqualityComparer<int> numbers)
        {
            Pairs(answers, Numbers, numbers.Equals);
            asked = true;
        }

        if (value is IComparer<int> numberOrder)
        {
            Pairs(answers, Numbers, (a, b) => numberOrder.Compare(a, b) < 0);
            asked = true;
        }

        if (value is IComparer any)
        {
            Pairs(answers, Texts, (a, b) => any.Compare(a, b) < 0);
            asked = true;
        }

        if (value is IEqualityComparer<object> objects)
        {
            object one = new();
            answers.Append(objects.Equals(one, one)).Append(objects.Equals(new string('x', 3), new string('x', 3)));
            asked = true;
        }

        return asked ? answers.ToString() : null;
    }

    private static void Pairs<T>(StringBuilder answers, T[] values, Func<T, T, bool> ask)
    {
        foreach (T a in values)
        {
            foreach (T b in values)
            {
                try
                {
                    answers.Append(ask(a, b) ? '1' : '0');
                }
                catch (Exception e)
                {
                    answers.Append(e.GetType().Name);
                }
            }
        }
    }
}
