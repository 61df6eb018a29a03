/*
 * RingWriter and RingReader (src/Tandem/Transport/SharedMemory): one producer, one consumer, positions that never wrap, cached copies of
 * the other side's position, frames that never wrap around the end of the ring (padding).
 *
 * CAPACITY units; frames of the sizes below (header and body). The producer publishes in batches: a frame of size 2 and the next one
 * together. Checked: every frame arrives once, in order, whole; bytes are not written while they are read (data race).
 * The producer gives up when the ring is full, as TrySend does; it tries again at most TRIES times.
 */
#include "tandem.h"

#define CAPACITY 4
#define TRIES 2

#if defined(MUTANT_PUBLISH)      /* the tail is a plain store */
#define publish(p, v) plain_write(p, v)
#else
#define publish(p, v) volatile_write(p, v)
#endif
#if defined(MUTANT_TAIL)         /* the tail is read by a plain load */
#define read_tail(p) plain_read(p)
#else
#define read_tail(p) volatile_read(p)
#endif
#if defined(MUTANT_RELEASE)      /* the head is a plain store */
#define release(p, v) plain_write(p, v)
#else
#define release(p, v) volatile_write(p, v)
#endif

static word tail, head;
static int length[CAPACITY];     /* of the frame that begins here; 0 for padding to the end */
static int body[CAPACITY];
static const int sizes[] = { 2, 1, 2, 1 };
#define FRAMES 4

static int sent;                 /* frames that were published; read after the producer has ended */

static void *producer(void *unused)
{
    int at = 0, cached = 0;
    for (int n = 0; n < FRAMES; n++) {
        int size = sizes[n], offset = at & (CAPACITY - 1), to_end = CAPACITY - offset;
        int needed = size <= to_end ? size : to_end + size;
        for (int tries = 0; at - cached + needed > CAPACITY; tries++) {
            if (tries == TRIES) {
                publish(&tail, at);
                sent = n;
                return NULL;
            }
            publish(&tail, at);
            cached = volatile_read(&head);
#ifdef MUTANT_ROOM               /* the producer believes in one unit more than there is */
            cached++;
#endif
        }
        if (size > to_end) {
            length[offset] = 0;
            at += to_end;
            offset = 0;
        }
        length[offset] = size;
        for (int i = 0; i < size; i++)
            body[offset + i] = n + 1;
        at += size;
        if (n != 0 || size == 1)
            publish(&tail, at);
    }
    publish(&tail, at);
    sent = FRAMES;
    return NULL;
}

static int received;

static void *consumer(void *unused)
{
    int at = 0, cached = 0;
    for (int looks = 0; looks < FRAMES + 1 && received < FRAMES; looks++) {
        if (at == cached) {
            cached = read_tail(&tail);
            if (at == cached)
                continue;
        }
        int offset = at & (CAPACITY - 1);
        int size = length[offset];
        if (size == 0) {
            at += CAPACITY - offset;
            continue;
        }
        assert(size == sizes[received]);
#ifdef MUTANT_EARLY              /* the bytes are freed before they are read */
        release(&head, at + size);
#endif
        for (int i = 0; i < size; i++)
            assert(body[offset + i] == received + 1);
        at += size;
        received++;
        release(&head, at);
    }
    return NULL;
}

int main(void)
{
    START(p, producer, 0);
    START(c, consumer, 0);
    JOIN(p);
    JOIN(c);
    assert(received <= sent);
    return 0;
}
