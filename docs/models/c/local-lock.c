/*
 * LocalLock (src/Tandem/Sharing): N threads enter once each; a waiter joins the queue under the gate. Checked: mutual exclusion, the next
 * owner sees what the one before wrote (data race), and nobody waits for ever.
 */
#include "tandem.h"

#ifndef N
#define N 3
#endif

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static word owned, waiting, granted[N];
static int queue[N], first, last;        /* guarded by the gate */
static int data;

static void hand_over(bool is_owned)
{
    pthread_mutex_lock(&gate);
    if (is_owned || compare_exchange(&owned, 1, 0)) {
        if (first != last) {
            add(&waiting, -1);
            volatile_write(&granted[queue[first++]], 1);
        } else {
            exchange(&owned, 0);
        }
    }
    pthread_mutex_unlock(&gate);
}

static void leave(void)
{
    if (volatile_read(&waiting) != 0) {
        hand_over(true);
        return;
    }
#ifdef MUTANT_RELEASE            /* released without a fence before the second look */
    volatile_write(&owned, 0);
#else
    exchange(&owned, 0);
#endif
#ifndef MUTANT_LOOK              /* no second look */
    if (volatile_read(&waiting) != 0)
        hand_over(false);
#endif
}

static void *thread(void *number)
{
    int me = (int)(size_t)number;
    if (!compare_exchange(&owned, 1, 0)) {
        pthread_mutex_lock(&gate);
#ifdef MUTANT_WAITER             /* the waiter is counted without a fence */
        atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
        int zero = 0;
        bool mine = atomic_compare_exchange_strong_explicit(&owned, &zero, 1, memory_order_acquire, memory_order_acquire);
#else
        add(&waiting, 1);
        bool mine = compare_exchange(&owned, 1, 0);
#endif
        if (mine)
            plain_write(&waiting, plain_read(&waiting) - 1);
        else
            queue[last++] = me;
        pthread_mutex_unlock(&gate);
        if (!mine)
            WAIT_UNTIL(volatile_read(&granted[me]) != 0);
    }
    data++;
    leave();
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
