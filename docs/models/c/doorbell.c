/*
 * Doorbell (src/Tandem/Transport/SharedMemory) on a futex, or (BELL) on an event that remembers one ring, or (PIPE) on PipeBell. A
 * consumer takes FRAMES frames and sleeps when there are none. PRODUCERS publish one frame each under a lock and wake outside of it.
 * The ring itself is in ring.c; here a frame is a count. Checked: the consumer sleeps for ever in no execution.
 */
#include "tandem.h"

#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#define FRAMES PRODUCERS

static word tail, waiting, sig;
static word rung;                /* BELL: the event; PIPE: PipeBell._isRung */
static word bytes;               /* PIPE: bytes in the pipe */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void ring_bell(void)
{
#if defined(PIPE)
    if (exchange(&rung, 1) != 0)
        return;
    add(&bytes, 1);
#elif defined(BELL)
    exchange(&rung, 1);
#endif
}

static void sleep_until(int s)
{
#if defined(PIPE)
#ifdef MUTANT_PIPE               /* the flag is cleared before the next sleep, not before the look at the ring */
    static bool stale;
    if (stale)
        exchange(&rung, 0);
    stale = true;
#endif
    WAIT_UNTIL(volatile_read(&bytes) != 0);
    add(&bytes, -1);
#ifndef MUTANT_PIPE
    exchange(&rung, 0);
#endif
#elif defined(BELL)
    WAIT_UNTIL(volatile_read(&rung) != 0);
    exchange(&rung, 0);
#else
    WAIT_UNTIL(volatile_read(&sig) != s);
#endif
}

static void *producer(void *unused)
{
    pthread_mutex_lock(&gate);
    volatile_write(&tail, plain_read(&tail) + 1);
#ifndef MUTANT_FENCE             /* MustWake without its barrier */
    memory_barrier();
#endif
    bool wake = volatile_read(&waiting) != 0;
    pthread_mutex_unlock(&gate);
    if (wake) {
#ifdef MUTANT_CLEAR              /* the announcement is cleared after the count */
        add(&sig, 1);
        ring_bell();
        volatile_write(&waiting, 0);
#else
        volatile_write(&waiting, 0);
        add(&sig, 1);
        ring_bell();
#endif
    }
    return NULL;
}

static void *consumer(void *unused)
{
    int head = 0;
    while (head < FRAMES) {
        if (volatile_read(&tail) != head) {
            head++;
            continue;
        }
#ifdef MUTANT_PREPARE            /* the count is read after the announcement and the check */
        int s;
#else
        int s = volatile_read(&sig);
#endif
#ifdef MUTANT_ANNOUNCE           /* the announcement is a release store */
        volatile_write(&waiting, 1);
#else
        exchange(&waiting, 1);
#endif
#ifndef MUTANT_CHECK             /* no second look at the ring */
        if (volatile_read(&tail) == head)
#endif
        {
#ifdef MUTANT_PREPARE
            s = volatile_read(&sig);
#endif
            sleep_until(s);
        }
        volatile_write(&waiting, 0);
    }
    return NULL;
}

int main(void)
{
    START(c, consumer, 0);
    START(p, producer, 0);
#if PRODUCERS > 1
    START(q, producer, 0);
    JOIN(q);
#endif
    JOIN(p);
    JOIN(c);
    return 0;
}
