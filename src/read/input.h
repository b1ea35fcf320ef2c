/* The bytes of one capture file: a window that moves over a file, a pipe or their gzip (RFC 1952).
 */
#ifndef HS_READ_INPUT_H
#define HS_READ_INPUT_H

#include <stdbool.h>

#include <handshake/probe.h> /* hs_problem */

typedef struct hs_input hs_input;

enum { HS_INPUT_WINDOW_MAX = 17 * 1024 * 1024 };

/* Takes `fd` over, whatever happens. A read that a signal interrupts is the end where `*stop` is
 * then set. NULL when out of memory. */
hs_input *hs_input_new(int fd, const volatile int *stop);
void hs_input_free(hs_input *input);

/* At least `len` bytes from the present place on, or all there are before the end or an error.
 * `len` is at most HS_INPUT_WINDOW_MAX. Borrowed until the next call. */
HS_CHECKED hs_result hs_input_peek(hs_input *input, size_t len, hs_bytes *out);
/* Moves on over bytes that hs_input_peek gave. */
void hs_input_consume(hs_input *input, size_t len);
/* Copies up to `len` bytes and moves on; `*got` is 0 at the end. */
HS_CHECKED hs_result hs_input_read(hs_input *input, void *out, size_t len, size_t *got);

/* Bytes that were moved over, after decompression. */
uint64_t hs_input_offset(const hs_input *input);
bool hs_input_is_gzip(const hs_input *input);
/* Why the input ended before its end (a read error, damaged gzip), or NULL. */
const char *hs_input_error(const hs_input *input);

/* Whether hs_input_rewind works: a regular file. */
bool hs_input_can_rewind(const hs_input *input);
/* Back to where the file was when it was given. */
HS_CHECKED hs_result hs_input_rewind(hs_input *input);

#endif
