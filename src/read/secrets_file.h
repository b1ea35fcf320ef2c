/* TLS secrets on their way in (a key log file that may still grow) and out (those of chosen
 * connections). */
#ifndef HS_READ_SECRETS_FILE_H
#define HS_READ_SECRETS_FILE_H

#include <stdbool.h>

#include <handshake/trace.h>

#include "base/buffer.h"
#include "secrets/keylog.h"

typedef struct hs_secrets_file {
    int fd;            /* -1: none */
    hs_buffer pending; /* a line whose end is not written yet */
    size_t malformed;
} hs_secrets_file;

/* HS_SYSTEM: errno says why. */
HS_CHECKED hs_result hs_secrets_file_open(hs_secrets_file *file, const char *path);
void hs_secrets_file_close(hs_secrets_file *file);
/* Adds the lines that are new. HS_LIMIT and HS_NO_MEMORY: not all could be kept. */
HS_CHECKED hs_result hs_secrets_file_poll(hs_secrets_file *file, hs_keylog *keylog);

/* The file is whole: its last line needs no newline. */
HS_CHECKED hs_result hs_secrets_file_end(hs_secrets_file *file, hs_keylog *keylog);

/* Appends the key log lines of the trace's connection to `out`; HS_LIMIT: it is full. */
HS_CHECKED hs_result hs_secrets_of(const hs_trace *trace, const hs_keylog *keylog, hs_buffer *out);

#endif
