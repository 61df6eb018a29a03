/*
 * ItemCell (src/Tandem/Transport/SharedMemory): an item is either started or revoked; a chunk's finished outcomes are read while it runs
 * (SharedMemoryLink.ReadFinished), although they move to a larger block, and although another lane of the worker takes the old one.
 * FAIL: the chunk fails as a whole after its first element, so its only block is freed.
 * Checked: never both started and revoked; who sees a start sees its time; outcomes that are accepted are those of the chunk.
 */
#include "tandem.h"

#define QUEUED 100
#define REVOKED 101
#define NOWHERE 2

static word progress = QUEUED;   /* the word; the sequence number is constant here, because the slot gets no new item meanwhile */
static word offset = NOWHERE, length, started_at;
static word blocks[2][2];
static word is_free[2];          /* PayloadArea frees and allocates under a lock, which is taken by a compare-and-set */
static word started, revoked;

static void advance(int next, int block, int size)
{
#ifdef MUTANT_ORDER              /* the progress is published before the extent */
    volatile_write(&progress, next);
    volatile_write(&offset, block);
    volatile_write(&length, size);
#elif defined(MUTANT_PLAIN)      /* plain stores */
    plain_write(&offset, block);
    plain_write(&length, size);
    plain_write(&progress, next);
#else
    volatile_write(&offset, block);
    volatile_write(&length, size);
    volatile_write(&progress, next);
#endif
}

static void *lane(void *unused)
{
    plain_write(&length, 0);
#ifndef MUTANT_TIME              /* the time is written after the start is visible */
    plain_write(&started_at, 77);
#endif
#ifdef MUTANT_START              /* starts without a compare-and-set */
    if (volatile_read(&progress) != QUEUED)
        return NULL;
    volatile_write(&progress, 0);
#else
    if (!compare_exchange(&progress, 0, QUEUED))
        return NULL;
#endif
    plain_write(&started, 1);
#ifdef MUTANT_TIME
    plain_write(&started_at, 77);
#endif
    plain_write(&blocks[0][0], 1);
    advance(1, 0, 1);
#ifdef FAIL
#ifndef MUTANT_RETRACT           /* the block is freed while the cell refers to it */
    volatile_write(&offset, NOWHERE);
#endif
    volatile_write(&is_free[0], 1);
#else
#ifdef MUTANT_FREE               /* the old block is freed when the writer grows */
    volatile_write(&is_free[0], 1);
#endif
    plain_write(&blocks[1][0], 1);
    plain_write(&blocks[1][1], 2);
    advance(2, 1, 2);
    volatile_write(&is_free[0], 1);
#endif
    return NULL;
}

static void *other_lane(void *unused)
{
    if (compare_exchange(&is_free[0], 0, 1))
        plain_write(&blocks[0][0], 9);
    return NULL;
}

static void *parent(void *unused)
{
#ifdef REVOKE
    if (compare_exchange(&progress, REVOKED, QUEUED))
        plain_write(&revoked, 1);
#endif
    int next = volatile_read(&progress);
    if (next < QUEUED)
        assert(volatile_read(&started_at) == 77);
    int block = volatile_read(&offset), size = volatile_read(&length);
    if (next >= QUEUED || next == 0 || block == NOWHERE)
        return NULL;
    int copy[2];
    for (int i = 0; i < size; i++)
        copy[i] = plain_read(&blocks[block][i]);
#ifndef MUTANT_BARRIER           /* the copy is not ordered before the check */
    memory_barrier();
#endif
#ifndef MUTANT_CHECK             /* the place is not checked again */
    if (volatile_read(&offset) != block)
        return NULL;
#endif
    if (volatile_read(&progress) < next)
        return NULL;
    assert(size >= next);
    for (int i = 0; i < next; i++)
        assert(copy[i] == i + 1);
    return NULL;
}

int main(void)
{
    START(l, lane, 0);
    START(o, other_lane, 0);
    START(p, parent, 0);
    JOIN(l);
    JOIN(o);
    JOIN(p);
    assert(!(plain_read(&started) && plain_read(&revoked)));
    return 0;
}
