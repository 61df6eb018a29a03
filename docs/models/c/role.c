/*
 * SharedMemoryLink (src/Tandem/Transport/SharedMemory): answers of a worker are read by the thread that holds the role: the receiver, or a
 * caller that polls for its own answer. The poller takes the receiver's announcement away while it polls, and restores it.
 * Who handles the last frame closes the link. Checked: one thread reads at a time (data race), each frame is handled once and in order, and
 * the receiver sleeps for ever in no execution.
 */
#include "tandem.h"

#ifndef FRAMES
#define FRAMES 1
#endif
#define POLLS 1
#define ALL 1000

static word tail, head, waiting, sig, role, closed;
static int element[FRAMES];
static int cached;               /* RingReader._cachedTail: only for who holds the role */

static void wake(void)
{
    volatile_write(&waiting, 0);
    add(&sig, 1);
}

static bool has_frames(void) { return volatile_read(&tail) != volatile_read(&head); }

static bool drain_held(int most)
{
    bool any = false;
    for (; most > 0; most--) {
        int at = plain_read(&head);
        if (at == cached)
            cached = volatile_read(&tail);
        if (at == cached)
            break;
        assert(element[at] == at + 1);
        element[at] = -1;
        plain_write(&head, at + 1);
        any = true;
        if (at + 1 == FRAMES) {
            volatile_write(&closed, 1);
            wake();
        }
    }
    return any;
}

static void release_role(int most)
{
    do {
#ifdef MUTANT_FENCES             /* no full fence between the restored announcement and the last look (one of the two would do) */
        volatile_write(&role, 0);
#else
        exchange(&role, 0);
#endif
#ifdef MUTANT_LOOK               /* no last look at the ring */
        return;
#endif
        if (!has_frames() || !compare_exchange(&role, 1, 0))
            return;
    } while (drain_held(most) && most == ALL);
    exchange(&role, 0);
    if (most != ALL && has_frames())
        wake();
}

static void *worker(void *unused)
{
    for (int n = 0; n < FRAMES; n++) {
        element[n] = n + 1;
        volatile_write(&tail, n + 1);
        memory_barrier();
        if (volatile_read(&waiting))
            wake();
    }
    return NULL;
}

static void *receiver(void *unused)
{
    while (!volatile_read(&closed)) {
        if (compare_exchange(&role, 1, 0)) {
            drain_held(ALL);
            release_role(ALL);
        }
        if (has_frames()) {
            WAIT_UNTIL(volatile_read(&role) == 0);       /* a caller reads */
            continue;
        }
        int s = volatile_read(&sig);
        exchange(&waiting, 1);
        if (!has_frames() && !volatile_read(&closed))
            WAIT_UNTIL(volatile_read(&sig) != s);
        volatile_write(&waiting, 0);
    }
    return NULL;
}

static void *poller(void *unused)
{
#ifndef MUTANT_ROLE              /* the poller reads without the role */
    if (!compare_exchange(&role, 1, 0))
        return NULL;
#endif
    bool sleeps = volatile_read(&waiting) != 0;
    if (sleeps)
        volatile_write(&waiting, 0);
    for (int i = 0; i < POLLS; i++)
        drain_held(1);
#ifndef MUTANT_RESTORE           /* the receiver's announcement is not restored */
    if (sleeps)
#ifdef MUTANT_FENCES
        volatile_write(&waiting, 1);
#else
        exchange(&waiting, 1);
#endif
#endif
    release_role(1);
    return NULL;
}

int main(void)
{
    START(r, receiver, 0);
    START(w, worker, 0);
    START(p, poller, 0);
    JOIN(w);
    JOIN(p);
    JOIN(r);
    assert(plain_read(&head) == FRAMES);
    return 0;
}
