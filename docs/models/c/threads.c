/*
 * ThreadEngine and WakeUps (src/Tandem/Threading): ITEMS are submitted by a thread each; WORKERS take them and sleep when there
 * are none. Who takes the last one ends the pool. Checked: no worker sleeps for ever, and each item is taken once.
 */
#include "tandem.h"

#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef WORKERS
#define WORKERS 1
#endif

static word queue;               /* the number of items in it; ConcurrentQueue publishes and takes by release and acquire */
static word sleeping, ending, taken;
static word permits;             /* WakeUps counts under a monitor; a wait for one is a wait for its condition */

static bool leave_sleepers(void)
{
    int s = volatile_read(&sleeping);
    while (s > 0) {
        if (compare_exchange(&sleeping, s - 1, s))
            return true;
        s = volatile_read(&sleeping);
    }
    return false;
}

static bool wake_one(void)
{
    if (!leave_sleepers())
        return false;
    add(&permits, 1);
    return true;
}

static void *submit(void *unused)
{
    atomic_fetch_add_explicit(&queue, 1, memory_order_acq_rel);
#ifndef MUTANT_ADMIT             /* no barrier between the queue and the look at the sleepers */
    memory_barrier();
#endif
    wake_one();
    return NULL;
}

static bool dequeue(void)
{
    int n = volatile_read(&queue);
    while (n > 0) {
        if (atomic_compare_exchange_strong_explicit(&queue, &n, n - 1, memory_order_acq_rel, memory_order_acquire))
            return true;
    }
    return false;
}

static void *worker(void *unused)
{
    for (;;) {
        if (dequeue()) {
            if (add(&taken, 1) == ITEMS) {
                volatile_write(&ending, 1);
                memory_barrier();
                while (wake_one())
                    ;
            }
            continue;
        }
        if (volatile_read(&ending))
            return NULL;
#ifdef MUTANT_COUNT              /* the sleeper is counted without a fence */
        atomic_fetch_add_explicit(&sleeping, 1, memory_order_acq_rel);
#else
        add(&sleeping, 1);
#endif
#ifndef MUTANT_CHECK             /* no second look */
        if ((volatile_read(&queue) != 0 || volatile_read(&ending)) && leave_sleepers())
            continue;
#endif
        for (;;) {
            WAIT_UNTIL(volatile_read(&permits) != 0);
            int p = volatile_read(&permits);
            if (p != 0 && compare_exchange(&permits, p - 1, p))
                break;
        }
    }
}

int main(void)
{
    START(w, worker, 0);
#if WORKERS > 1
    START(v, worker, 0);
#endif
    START(s, submit, 0);
#if ITEMS > 1
    START(t, submit, 0);
    JOIN(t);
#endif
    JOIN(s);
    JOIN(w);
#if WORKERS > 1
    JOIN(v);
#endif
    assert(plain_read(&taken) == ITEMS);
    return 0;
}
