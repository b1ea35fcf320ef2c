/* What every public header needs: symbol visibility, borrowed bytes, and result codes.
 *
 * Conventions of the whole interface:
 *  - Ownership is visible. `X_new` makes, `X_free` ends; `X_free(NULL)` is allowed. Everything
 *    reached through a pointer inside a result belongs to that result and ends with it.
 *  - Borrowed bytes are `hs_bytes`: pointer and length, never NUL-terminated, never freed.
 *  - Functions that can fail return `hs_result`, which must be looked at.
 *  - The library never exits, prints, or keeps global state.
 */
#ifndef HANDSHAKE_API_H
#define HANDSHAKE_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HS_API __attribute__((visibility("default")))
#define HS_CHECKED __attribute__((warn_unused_result))
#define HS_PRINTF(format_index, first_index)                                                       \
    __attribute__((format(printf, format_index, first_index)))

/* Borrowed bytes. `data` may be NULL only where `len` is 0. */
typedef struct hs_bytes {
    const uint8_t *data;
    size_t len;
} hs_bytes;

/* X(symbol, text) */
#define HS_RESULT_MAP(X)                                                                           \
    X(OK, "ok")                                                                                    \
    X(NEED_MORE, "more bytes are needed")                                                          \
    X(MALFORMED, "the bytes do not follow the format")                                             \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(LIMIT, "a limit was reached")                                                                \
    X(INVALID, "an argument is not valid")                                                         \
    X(CRYPTO, "a cryptographic operation failed")                                                  \
    X(NO_KEY, "the key for this is not known")                                                     \
    X(SYSTEM, "a system call failed")

typedef enum hs_result {
#define HS_X(symbol, text) HS_##symbol,
    HS_RESULT_MAP(HS_X)
#undef HS_X
} hs_result;

/* A static sentence for `result`; never NULL. */
HS_API const char *hs_result_text(hs_result result);

/* "major.minor.patch" of the library in use. */
HS_API const char *hs_version(void);

#ifdef __cplusplus
}
#endif
#endif
