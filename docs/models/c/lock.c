/*
 * RobustLock (src/Tandem/Sharing): N threads enter once each, with sleepers and hand-over. Checked: mutual exclusion, and the next owner
 * sees what the one before wrote (data race). Who sleeps for ever is in ../lock.pml, with the time-outs and the deaths; here a sleep
 * blocks until the word has changed.
 */
#include "tandem.h"

#ifndef N
#define N 2
#endif
#define WAITERS 64

static word lock_word, owner;
static int data;

static void *thread(void *number)
{
    int tid = (int)(size_t)number + 1;
    bool woken = false;
    for (;;) {
        int seen = volatile_read(&lock_word);
        int next = seen == 0 ? tid : seen == WAITERS && woken ? tid | WAITERS : 0;
        if (next != 0) {
#ifdef MUTANT_ACQUIRE            /* the word is taken without a compare-and-set */
            volatile_write(&lock_word, next);
            break;
#else
            if (compare_exchange(&lock_word, next, seen))
                break;
            continue;
#endif
        }
        if ((seen & WAITERS) == 0 && !compare_exchange(&lock_word, seen | WAITERS, seen))
            continue;
        __VERIFIER_assume(volatile_read(&lock_word) != (seen | WAITERS));
        woken = true;
    }

    plain_write(&owner, tid);
    data++;
    assert(plain_read(&owner) == tid);
    plain_write(&owner, 0);
#ifdef MUTANT_RELEASE            /* the word is released by a relaxed exchange */
    int mine = tid;
    if (atomic_compare_exchange_strong_explicit(&lock_word, &mine, 0, memory_order_relaxed, memory_order_relaxed))
        return NULL;
#else
    if (compare_exchange(&lock_word, 0, tid))
        return NULL;
#endif
    if (compare_exchange(&lock_word, WAITERS, tid | WAITERS))
        compare_exchange(&lock_word, 0, WAITERS);        /* or somebody was woken, who takes it as it is */
    return NULL;
}

int main(void)
{
    START(a, thread, 0);
    START(b, thread, 1);
#if N > 2
    START(c, thread, 2);
    JOIN(c);
#endif
    JOIN(a);
    JOIN(b);
    assert(data == N);
    return 0;
}
