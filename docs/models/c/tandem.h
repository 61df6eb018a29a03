/*
 * The operations of .NET on memory that several threads or processes share, as C11 atomics for GenMC.
 *
 *   Volatile.Read            acquire load
 *   Volatile.Write           release store
 *   Interlocked that writes  read-modify-write, then a full fence
 *   CompareExchange, failed  acquire load: on Arm, a compare-and-set that fails is no barrier
 *   MemoryBarrier            full fence
 *   plain access             not atomic where the protocol promises that nobody else touches the bytes (GenMC then reports a data race);
 *                            relaxed where others may look
 *
 * A wait for a wake-up is WAIT_UNTIL: GenMC reports an execution in which it never ends (--check-liveness).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <genmc.h>

typedef atomic_int word;

#define volatile_read(p)     atomic_load_explicit(p, memory_order_acquire)
#define volatile_write(p, v) atomic_store_explicit(p, v, memory_order_release)
#define plain_read(p)        atomic_load_explicit(p, memory_order_relaxed)
#define plain_write(p, v)    atomic_store_explicit(p, v, memory_order_relaxed)
#define memory_barrier()     atomic_thread_fence(memory_order_seq_cst)

static inline int exchange(word *p, int v)
{
    int before = atomic_exchange_explicit(p, v, memory_order_acq_rel);
    memory_barrier();
    return before;
}

static inline int add(word *p, int v)
{
    int before = atomic_fetch_add_explicit(p, v, memory_order_acq_rel);
    memory_barrier();
    return before + v;
}

static inline bool compare_exchange(word *p, int v, int expected)
{
    if (!atomic_compare_exchange_strong_explicit(p, &expected, v, memory_order_acq_rel, memory_order_acquire))
        return false;
    memory_barrier();
    return true;
}

#define WAIT_UNTIL(condition)               \
    do {                                    \
        __VERIFIER_loop_begin();            \
        __VERIFIER_spin_start();            \
        __VERIFIER_spin_end(condition);     \
    } while (0)

#define START(n, f, arg) pthread_t n; pthread_create(&n, NULL, f, (void *)(size_t)(arg))
#define JOIN(n)          pthread_join(n, NULL)
