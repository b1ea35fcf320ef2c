#include "read/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCHES = 32,
    BATCH_ITEMS = 128,
    BATCH_HELLOS = 32,
    BATCH_BYTES = 64 * 1024,     /* a batch with so many takes no more items */
    FETCHED_AHEAD = 24,          /* items: some that are not looked at before they are here */
    WAITING_BYTES = 2048 * 1024, /* with so many in batches nothing more is read */
};

/* Items with their bytes, which are copied: a source lends them only until its next item. */
typedef struct batch {
    size_t count;
    hs_result result; /* what came in place of another item */
    bool is_last;
    uint8_t *bytes;
    size_t used;
    size_t capacity;
    hs_ahead_item items[BATCH_ITEMS];
    hs_tls_hello hellos[BATCH_HELLOS]; /* of some items: of those behind, none is read ahead */
} batch;

struct hs_ahead {
    uint64_t seed[2];
    hs_chunks *chunks; /* NULL: nobody wants any ready */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* any of what follows */

    /* Under the mutex. The batches from `first` on are filled, and the taker's; the rest are the
     * thread's. */
    hs_source *wanted; /* what the thread is to read, until it is through with it */
    bool is_started;
    bool is_cancelled;
    bool is_over;
    size_t first;
    size_t filled;
    size_t waiting_bytes;

    /* The taker's. */
    hs_source *source;
    batch *current;
    hs_ahead_item *next; /* of the batch at hand */
    hs_ahead_item *end;

    batch batches[BATCHES];
};

/* ---- batches */

static void clear(batch *b)
{
    b->count = 0;
    b->used = 0;
    b->result = HS_OK;
    b->is_last = false;
    if (b->capacity > 4 * BATCH_BYTES) { /* for an item that was larger than others are */
        free(b->bytes);
        b->bytes = NULL;
        b->capacity = 0;
    }
}

static hs_bytes *bytes_of(hs_source_item *item)
{
    return item->event == HS_SOURCE_SECRETS ? &item->secrets : &item->frame;
}

static void take_apart(const hs_ahead *a, hs_ahead_item *item)
{
    item->is_packet = item->item.event == HS_SOURCE_PACKET;
    item->at = item->item.at;
    if (item->is_packet) {
        hs_flows_read(a->seed, item->item.link_type, item->item.frame, &item->input);
    }
}

/* The item's bytes were copied to `to`. */
static void move_item(hs_ahead_item *item, const uint8_t *to)
{
    hs_bytes *bytes = bytes_of(&item->item);
    if (bytes->len == 0) {
        bytes->data = NULL;
        return;
    }
    if (item->is_packet) {
        hs_packet_move(&item->input.packet, item->input.kind, bytes->data, to);
    }
    bytes->data = to;
}

/* Larger than it is: what it has moves. */
static bool grow(batch *b, size_t wanted)
{
    size_t capacity = wanted < BATCH_BYTES ? BATCH_BYTES : wanted;
    uint8_t *bytes = malloc(capacity);
    if (!bytes) {
        return false;
    }
    for (size_t i = 0, offset = 0; i < b->count; i++) {
        hs_ahead_item *item = &b->items[i];
        size_t len = bytes_of(&item->item)->len;
        if (len > 0) {
            memcpy(bytes + offset, b->bytes + offset, len);
        }
        move_item(item, bytes + offset);
        offset += len;
    }
    free(b->bytes);
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

/* The item stands in its place already. It is taken apart before it is copied: what was written
 * just now, the processor can read only after a while. */
static hs_result add(const hs_ahead *a, batch *b, hs_ahead_item *item)
{
    hs_bytes bytes = *bytes_of(&item->item);
    if (bytes.len > b->capacity - b->used && !grow(b, b->used + bytes.len)) {
        return HS_NO_MEMORY;
    }
    take_apart(a, item);
    if (bytes.len > 0) {
        memcpy(b->bytes + b->used, bytes.data, bytes.len);
    }
    move_item(item, bytes.len > 0 ? b->bytes + b->used : NULL);
    b->used += bytes.len;
    b->count++;
    return HS_OK;
}

/* Nothing moves any more. */
static void read_hellos(batch *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->count && count < BATCH_HELLOS; i++) {
        hs_ahead_item *item = &b->items[i];
        if (item->is_packet) {
            hs_flows_read_hello(&item->input, &b->hellos[count]);
            count += item->input.hello != NULL;
        }
    }
}

static void fill(const hs_ahead *a, batch *b, hs_source *source)
{
    clear(b);
    while (b->count < BATCH_ITEMS && b->used < BATCH_BYTES && !b->is_last) {
        hs_ahead_item *item = &b->items[b->count];
        b->result = hs_source_next(source, &item->item);
        if (b->result == HS_OK) {
            b->result = add(a, b, item);
        }
        b->is_last = b->result != HS_OK || item->item.event == HS_SOURCE_END;
    }
    read_hellos(b);
}

/* ---- the thread */

static bool is_full(const hs_ahead *a)
{
    return a->filled == BATCHES || (a->filled > 0 && a->waiting_bytes >= WAITING_BYTES);
}

/* Once full, it is worth waking up for several batches, not for each. */
static bool is_drained(const hs_ahead *a)
{
    return a->filled == 0 || (a->filled <= BATCHES / 4 && a->waiting_bytes < WAITING_BYTES);
}

static void wait_for_room(hs_ahead *a)
{
    if (is_full(a)) {
        while (!is_drained(a) && !a->is_cancelled) {
            pthread_cond_wait(&a->changed, &a->mutex);
        }
    }
}

/* With the mutex held, but for the reading itself. */
static void read_through(hs_ahead *a)
{
    bool is_last = false;
    for (wait_for_room(a); !is_last && !a->is_cancelled; wait_for_room(a)) {
        batch *b = &a->batches[(a->first + a->filled) % BATCHES];
        pthread_mutex_unlock(&a->mutex);
        fill(a, b, a->wanted);
        if (a->chunks) {
            hs_chunks_prepare(a->chunks);
        }
        pthread_mutex_lock(&a->mutex);
        is_last = b->is_last;
        a->filled++;
        a->waiting_bytes += b->used;
        pthread_cond_signal(&a->changed);
    }
    a->wanted = NULL;
    pthread_cond_signal(&a->changed);
}

static void *run(void *context)
{
    hs_ahead *a = context;
    pthread_mutex_lock(&a->mutex);
    a->is_started = true;
    pthread_cond_signal(&a->changed);
    while (!a->is_over) {
        if (a->wanted) {
            read_through(a);
        } else {
            pthread_cond_wait(&a->changed, &a->mutex);
        }
    }
    pthread_mutex_unlock(&a->mutex);
    return NULL;
}

/* Signals are for the thread that others made. */
static int create_thread(hs_ahead *a)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&a->thread, NULL, run, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Returns once it runs: what a thread asks of the system to begin with, it has been given. */
static void start_thread(hs_ahead *a)
{
    if (create_thread(a) != 0) {
        return;
    }
    a->has_thread = true;
    pthread_mutex_lock(&a->mutex);
    while (!a->is_started) {
        pthread_cond_wait(&a->changed, &a->mutex);
    }
    pthread_mutex_unlock(&a->mutex);
}

/* ---- the taker */

hs_ahead *hs_ahead_new(const uint64_t seed[2], hs_chunks *chunks, bool with_thread)
{
    hs_ahead *a = aligned_alloc(_Alignof(hs_ahead), sizeof *a);
    if (!a) {
        return NULL;
    }
    memset(a, 0, offsetof(hs_ahead, batches));
    for (size_t i = 0; i < BATCHES; i++) {
        memset(&a->batches[i], 0, offsetof(batch, items));
    }
    memcpy(a->seed, seed, sizeof a->seed);
    a->chunks = chunks;
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->changed, NULL);
    if (with_thread) {
        start_thread(a);
    }
    return a;
}

void hs_ahead_free(hs_ahead *ahead)
{
    if (!ahead) {
        return;
    }
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->mutex);
        ahead->is_over = ahead->is_cancelled = true;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->mutex);
        pthread_join(ahead->thread, NULL);
    }
    pthread_mutex_destroy(&ahead->mutex);
    pthread_cond_destroy(&ahead->changed);
    for (size_t i = 0; i < BATCHES; i++) {
        free(ahead->batches[i].bytes);
    }
    free(ahead);
}

void hs_ahead_begin(hs_ahead *ahead, hs_source *source, bool may_read_ahead)
{
    ahead->source = source;
    ahead->current = NULL;
    ahead->next = ahead->end = NULL;
    if (ahead->has_thread && may_read_ahead) {
        pthread_mutex_lock(&ahead->mutex);
        ahead->wanted = source;
        ahead->is_cancelled = false;
        ahead->first = ahead->filled = ahead->waiting_bytes = 0;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->mutex);
        ahead->source = NULL;
    }
}

/* Gives the batch at hand back, and waits for another. */
static void next_batch(hs_ahead *a)
{
    pthread_mutex_lock(&a->mutex);
    if (a->current) {
        a->waiting_bytes -= a->current->used;
        a->first = (a->first + 1) % BATCHES;
        a->filled--;
        if (is_drained(a)) {
            pthread_cond_signal(&a->changed);
        }
    }
    while (a->filled == 0) {
        pthread_cond_wait(&a->changed, &a->mutex);
    }
    a->current = &a->batches[a->first];
    a->next = a->current->items;
    a->end = a->next + a->current->count;
    pthread_mutex_unlock(&a->mutex);
}

/* Nobody reads ahead: the item is the first of a batch that is never filled. */
static hs_result next_itself(hs_ahead *a, hs_ahead_item **out)
{
    hs_ahead_item *item = &a->batches[0].items[0];
    hs_result result = hs_source_next(a->source, &item->item);
    if (result == HS_OK) {
        take_apart(a, item);
        *out = item;
    }
    return result;
}

/* The batch at hand is used up, or there is none yet. */
static hs_result next_of_another(hs_ahead *a, hs_ahead_item **out)
{
    if (a->source) {
        return next_itself(a, out);
    }
    while (a->next == a->end) {
        if (a->current && a->current->result != HS_OK) {
            return a->current->result;
        }
        next_batch(a);
    }
    *out = a->next++;
    return HS_OK;
}

hs_result hs_ahead_next(hs_ahead *ahead, hs_ahead_item **out)
{
    if (ahead->next == ahead->end) {
        return next_of_another(ahead, out);
    }
    if (ahead->end - ahead->next > FETCHED_AHEAD) { /* what will be looked at of a later packet */
        hs_prefetch(ahead->next + FETCHED_AHEAD, 2 * (size_t)HS_CACHE_LINE);
    }
    *out = ahead->next++;
    return HS_OK;
}

const hs_ahead_item *hs_ahead_peek(const hs_ahead *ahead, size_t others)
{
    if (others >= (size_t)(ahead->end - ahead->next)) {
        return NULL;
    }
    const hs_ahead_item *item = ahead->next + others;
    return item->is_packet ? item : NULL;
}

void hs_ahead_end(hs_ahead *ahead)
{
    if (ahead->source || !ahead->has_thread) {
        ahead->source = NULL;
        return;
    }
    pthread_mutex_lock(&ahead->mutex);
    ahead->is_cancelled = true;
    pthread_cond_signal(&ahead->changed);
    while (ahead->wanted) {
        pthread_cond_wait(&ahead->changed, &ahead->mutex);
    }
    ahead->current = NULL;
    ahead->next = ahead->end = NULL;
    pthread_mutex_unlock(&ahead->mutex);
}
