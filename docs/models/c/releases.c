/*
 * ReleaseQueue (src/Tandem/Transport/SharedMemory): the parent reads a result in a block of the worker's area and gives the block back;
 * the worker writes the next result into it. The free lists themselves (PayloadArea) are of one process and under a lock.
 * Checked: the worker does not write a block that the parent reads (data race), and the parent reads each result whole.
 */
#include "tandem.h"

#define RESULTS 2

static word ring_tail;           /* the response ring: ring.c */
static word tail, head;          /* the release queue */
static int entries[2];
static int block;

static void *worker(void *unused)
{
    for (int n = 0; n < RESULTS; n++) {
        if (n > 0) {
            int at = plain_read(&head);
#ifdef MUTANT_POP                /* the tail is read by a plain load */
            WAIT_UNTIL(plain_read(&tail) != at);
#else
            WAIT_UNTIL(volatile_read(&tail) != at);
#endif
            assert(entries[at] == 7);
            volatile_write(&head, at + 1);
        }
        block = n + 1;
        volatile_write(&ring_tail, n + 1);
    }
    return NULL;
}

static void *parent(void *unused)
{
    for (int n = 0; n < RESULTS; n++) {
        WAIT_UNTIL(volatile_read(&ring_tail) != n);
        int at = plain_read(&tail);
        entries[at] = 7;
#ifdef MUTANT_EARLY              /* the block is given back before it is read */
        volatile_write(&tail, at + 1);
#endif
        assert(block == n + 1);
#if defined(MUTANT_PUSH)         /* the tail is a plain store */
        plain_write(&tail, at + 1);
#elif !defined(MUTANT_EARLY)
        volatile_write(&tail, at + 1);
#endif
    }
    return NULL;
}

int main(void)
{
    START(w, worker, 0);
    START(p, parent, 0);
    JOIN(w);
    JOIN(p);
    return 0;
}
