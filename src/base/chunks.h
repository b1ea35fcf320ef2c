/* Large pieces of memory of one size, some of which another thread can have ready.
 *
 * Of a fresh page the system makes something only when it is touched, which takes longer than what
 * a small object is wanted for; a piece's pages are all asked for at once.
 */
#ifndef HS_BASE_CHUNKS_H
#define HS_BASE_CHUNKS_H

#include <stddef.h>

typedef struct hs_chunks hs_chunks;

enum {
    HS_CHUNK_SIZE = 128 * 1024, /* and a multiple of it is where each one begins */
    HS_CHUNKS_LARGE = 2 * 1024 * 1024,
};

/* NULL when out of memory. */
hs_chunks *hs_chunks_new(void);
/* Those that were taken have all been given back. */
void hs_chunks_free(hs_chunks *chunks);
/* By one thread: a chunk of any content, or NULL when out of memory. */
void *hs_chunks_take(hs_chunks *chunks);
void hs_chunks_give_back(hs_chunks *chunks, void *chunk);

/* Larger ones, zeroed, of huge pages where the system has them: `size` is a multiple of
 * HS_CHUNKS_LARGE, and that large one is to be wanted soon can be said before. */
void hs_chunks_expect_large(hs_chunks *chunks, size_t size);
void *hs_chunks_take_large(hs_chunks *chunks, size_t size);
void hs_chunks_give_back_large(void *memory, size_t size);

/* By one other thread, whenever it has time: makes some chunks ready, once several were taken, and
 * the large one that is expected. */
void hs_chunks_prepare(hs_chunks *chunks);

#endif
