/*
 * ChannelRing and ChannelBell (src/Tandem/Sharing): WRITERS of ITEMS elements each and READERS over CAP cells; hints that lag, claims by
 * compare-and-set, publication by an exchange, sleeps on both bells. Deaths are in ../channel.pml; the completion is in
 * ../arm/channel-completion.litmus. Checked: no cell is read and written at the same time (data race), elements arrive once and in the
 * order of their writer, and nobody sleeps for ever.
 */
#include "tandem.h"

#ifndef CAP
#define CAP 1
#endif
#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#define TOTAL (WRITERS * ITEMS)

enum { Empty, Writing, Full, Reading };
#define STATE(position, phase) ((position) * 4 + (phase))
#define POSITION(state)        ((state) / 4)
#define PHASE(state)           ((state) % 4)

typedef struct { word signal, waiting; } bell;

static word tail, head;          /* hints */
static word cells[CAP];
static int elements[CAP];
static bell not_empty, not_full;
static int arrived[TOTAL];       /* guarded by the claims: each element is read once */

static void ring(bell *b)
{
    if (volatile_read(&b->waiting) == 0)
        return;
#ifdef MUTANT_CLEAR              /* the announcement is cleared after the count */
    add(&b->signal, 1);
    volatile_write(&b->waiting, 0);
#else
    volatile_write(&b->waiting, 0);
    add(&b->signal, 1);
#endif
}

static int find(word *hint, bool for_writer, int *state)
{
    int at = volatile_read(hint);
    for (;;) {
        int s = *state = volatile_read(&cells[at % CAP]);
        int found = POSITION(s);
        if (for_writer) {
            if ((found == at && PHASE(s) == Empty) || found < at)
                return at;
            int next = PHASE(s) == Empty ? found - CAP + 1 : found + 1;
            at = next > at + 1 ? next : at + 1;
        } else {
            if (found > at)
                at = found - CAP + 1 > at + 1 ? found - CAP + 1 : at + 1;
            else if (found < at || PHASE(s) != Reading)
                return at;
            else
                at++;
        }
    }
}

static bool has_room(void)
{
    int s, at = find(&tail, true, &s);
    return s == STATE(at, Empty);
}

static bool has_element(void)
{
    int s, at = find(&head, false, &s);
    return s == STATE(at, Full);
}

static void sleep_until(bell *b, bool (*ready)(void))
{
    int s = volatile_read(&b->signal);
#ifdef MUTANT_ANNOUNCE           /* the announcement is a release store */
    volatile_write(&b->waiting, 1);
#else
    exchange(&b->waiting, 1);
#endif
    if (!ready())
        WAIT_UNTIL(volatile_read(&b->signal) != s);
}

static void change(word *cell, int to)
{
#if defined(MUTANT_PUBLISH)      /* publication by a release store: it does not order the look at the bell behind it */
    volatile_write(cell, to);
#elif defined(MUTANT_PLAIN)      /* publication by a plain store and a fence behind it */
    plain_write(cell, to);
    memory_barrier();
#else
    exchange(cell, to);
#endif
}

static void *writer(void *me)
{
    for (int n = 0; n < ITEMS; n++) {
        for (;;) {
            int s, at = find(&tail, true, &s);
            if (s != STATE(at, Empty)) {
                sleep_until(&not_full, has_room);
                continue;
            }
#ifdef MUTANT_CLAIM              /* a claim without a compare-and-set */
            volatile_write(&cells[at % CAP], STATE(at, Writing));
#else
            if (!compare_exchange(&cells[at % CAP], STATE(at, Writing), s))
                continue;
#endif
            volatile_write(&tail, at + 1);
            elements[at % CAP] = (int)(size_t)me * ITEMS + n + 1;
            change(&cells[at % CAP], STATE(at, Full));
            ring(&not_empty);
            break;
        }
    }
    return NULL;
}

static void *reader(void *unused)
{
    int last[WRITERS] = { 0 };
    for (int n = 0; n < TOTAL / READERS; n++) {
        for (;;) {
            int s, at = find(&head, false, &s);
            if (s != STATE(at, Full)) {
                sleep_until(&not_empty, has_element);
                continue;
            }
            if (!compare_exchange(&cells[at % CAP], STATE(at, Reading), s))
                continue;
            volatile_write(&head, at + 1);
#ifdef MUTANT_FREE               /* the cell is freed before it is copied */
            change(&cells[at % CAP], STATE(at + CAP, Empty));
#endif
            int got = elements[at % CAP];
#ifndef MUTANT_FREE
            change(&cells[at % CAP], STATE(at + CAP, Empty));
#endif
            ring(&not_full);
            assert(got > 0 && got <= TOTAL);
            assert(arrived[got - 1]++ == 0);
            assert(last[(got - 1) / ITEMS] < got);
            last[(got - 1) / ITEMS] = got;
            break;
        }
    }
    return NULL;
}

int main(void)
{
    for (int i = 0; i < CAP; i++)
        plain_write(&cells[i], STATE(i, Empty));
    START(w, writer, 0);
#if WRITERS > 1
    START(v, writer, 1);
#endif
    START(r, reader, 0);
#if READERS > 1
    START(q, reader, 0);
    JOIN(q);
#endif
    JOIN(w);
#if WRITERS > 1
    JOIN(v);
#endif
    JOIN(r);
    return 0;
}
