/*
 * RobustFutexExitSignal and SharedMemoryLink.Receive: the end of the worker wakes the receiver. EXIT_KERNEL: the kernel marks the word,
 * and the receiver sleeps on both words (futex_waitv). Otherwise the connection's observer marks the word and rings the bell.
 * Checked: the receiver handles the end in every execution, and sleeps for ever in none.
 */
#include "tandem.h"

static word ended, waiting, sig;

static void *end(void *unused)
{
    add(&ended, 1);
#ifndef EXIT_KERNEL
    volatile_write(&waiting, 0);
    add(&sig, 1);
#endif
    return NULL;
}

static void *receiver(void *unused)
{
    bool is_ending = false;
    while (!is_ending) {
        if (volatile_read(&ended)) {
            is_ending = true;
            continue;
        }
        int s = volatile_read(&sig);
        exchange(&waiting, 1);
        int value = volatile_read(&ended);
        if (value) {
#ifdef MUTANT_KNOWN              /* an end that is in the word counts as handled: the receiver sleeps on the bell alone */
            WAIT_UNTIL(volatile_read(&sig) != s);
#endif
        } else {
#ifdef EXIT_KERNEL
            WAIT_UNTIL(volatile_read(&sig) != s || volatile_read(&ended) != value);
#else
            WAIT_UNTIL(volatile_read(&sig) != s);
#endif
        }
        volatile_write(&waiting, 0);
    }
    return NULL;
}

int main(void)
{
    START(r, receiver, 0);
    START(e, end, 0);
    JOIN(e);
    JOIN(r);
    return 0;
}
