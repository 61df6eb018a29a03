/*
 * ChannelRing.TryPeek and IsStill (src/Tandem/Sharing) against a writer that replaces the newest element (DropNewest), which then is the
 * oldest one too. An element is two words. Checked: a copy that counts is whole.
 */
#include "tandem.h"

#ifndef REPLACEMENTS
#define REPLACEMENTS 2
#endif

enum { Writing, Full };

static word cell = Full, replacements, first, second;

static void *writer(void *unused)
{
    for (int n = 1; n <= REPLACEMENTS; n++) {
        if (!compare_exchange(&cell, Writing, Full))
            return NULL;
#ifndef MUTANT_LATE              /* counted after the publication */
        add(&replacements, 1);
#endif
        plain_write(&first, n);
        plain_write(&second, n);
        exchange(&cell, Full);
#ifdef MUTANT_LATE
        add(&replacements, 1);
#endif
    }
    return NULL;
}

static void *reader(void *unused)
{
    int count = volatile_read(&replacements);
    if (volatile_read(&cell) != Full)
        return NULL;
#ifdef MUTANT_COUNT              /* the count is read after the state */
    count = volatile_read(&replacements);
#endif
    int a = plain_read(&first), b = plain_read(&second);
#ifndef MUTANT_BARRIER           /* the copy is not ordered before the checks */
    memory_barrier();
#endif
    if (volatile_read(&cell) != Full)
        return NULL;
#ifndef MUTANT_STATE             /* only the state is compared: it is the same before and after a replacement */
    if (volatile_read(&replacements) != count)
        return NULL;
#endif
    assert(a == b);
    return NULL;
}

int main(void)
{
    START(w, writer, 0);
    START(r, reader, 0);
    JOIN(w);
    JOIN(r);
    return 0;
}
