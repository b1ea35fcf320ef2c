/* A small file, whole: certificates, keys, pins. */
#ifndef HS_NET_FILE_H
#define HS_NET_FILE_H

#include <handshake/api.h>
#include <handshake/probe.h>

typedef struct hs_file {
    uint8_t *data; /* a NUL follows the last byte */
    size_t len;
} hs_file;

/* Reads `path`, at most 16 MiB. HS_SYSTEM, HS_INVALID (empty, too large) and HS_NO_MEMORY come with
 * `problem` saying "what: path: why"; `problem` may be NULL. */
HS_CHECKED hs_result hs_file_read(const char *path, const char *what, hs_file *out,
                                  hs_problem *problem);
/* Wipes and frees: it may have been a key. */
void hs_file_free(hs_file *file);

/* Fills `problem`, if there is one, and returns `result`. */
hs_result hs_problem_set(hs_problem *problem, hs_result result, const char *format, ...)
    HS_PRINTF(3, 4);

#endif
