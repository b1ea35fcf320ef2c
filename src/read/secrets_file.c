#include "read/secrets_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"

/* Of draft-ietf-tls-keylogfile, TLS 1.2 first. */
static const char *const labels[] = {
    "CLIENT_RANDOM",
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EARLY_EXPORTER_SECRET",
    "EXPORTER_SECRET",
};

enum { LINE_LIMIT = 64 * 1024, CHUNK = 16 * 1024 };

hs_result hs_secrets_file_open(hs_secrets_file *file, const char *path)
{
    /* A pipe without a writer is a key log that is still empty. */
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    file->malformed = 0;
    hs_buffer_init(&file->pending, LINE_LIMIT);
    return file->fd >= 0 ? HS_OK : HS_SYSTEM;
}

void hs_secrets_file_close(hs_secrets_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
    hs_buffer_free(&file->pending);
}

/* The whole lines in `pending`. */
static hs_result take_lines(hs_secrets_file *file, hs_keylog *keylog)
{
    hs_bytes bytes = hs_buffer_bytes(&file->pending);
    const uint8_t *last = bytes.len > 0 ? memrchr(bytes.data, '\n', bytes.len) : NULL;
    if (!last) {
        return HS_OK;
    }
    size_t len = (size_t)(last - bytes.data) + 1;
    size_t malformed = 0;
    hs_result result = hs_keylog_add_text(keylog, hs_bytes_of(bytes.data, len), &malformed);
    file->malformed += malformed;
    hs_buffer_consume(&file->pending, len);
    return result;
}

hs_result hs_secrets_file_poll(hs_secrets_file *file, hs_keylog *keylog)
{
    uint8_t chunk[CHUNK];
    hs_result result = HS_OK;
    while (file->fd >= 0 && result == HS_OK) {
        ssize_t got = read(file->fd, chunk, sizeof chunk);
        if (got <= 0) {
            break;
        }
        result = hs_buffer_append(&file->pending, hs_bytes_of(chunk, (size_t)got));
        if (result == HS_LIMIT) {
            /* No line is that long. */
            hs_buffer_consume(&file->pending, hs_buffer_bytes(&file->pending).len);
            file->malformed++;
            result = HS_OK;
        } else if (result == HS_OK) {
            result = take_lines(file, keylog);
        }
    }
    explicit_bzero(chunk, sizeof chunk);
    return result;
}

hs_result hs_secrets_file_end(hs_secrets_file *file, hs_keylog *keylog)
{
    hs_bytes line = hs_buffer_bytes(&file->pending);
    hs_result result = hs_keylog_add_line(keylog, line);
    hs_buffer_consume(&file->pending, line.len);
    if (result == HS_MALFORMED) {
        file->malformed++;
        result = HS_OK;
    }
    return result;
}

/* A resumed session's master secret may be known by its full handshake alone. Under the random of
 * this connection, as OpenSSL would have logged it, it serves without the packets of that one. */
static hs_bytes find_secret(const hs_tls_facts *tls, const hs_keylog *keylog, const char *label,
                            hs_bytes random)
{
    hs_bytes secret = hs_keylog_find(keylog, label, random);
    if (secret.len == 0 && tls->has_session_random && strcmp(label, "CLIENT_RANDOM") == 0) {
        secret = hs_keylog_find(keylog, label,
                                hs_bytes_of(tls->session_random, sizeof tls->session_random));
    }
    return secret;
}

hs_result hs_secrets_of(const hs_trace *trace, const hs_keylog *keylog, hs_buffer *out)
{
    hs_result result = HS_OK;
    if (!trace->tls.has_client_random) {
        return HS_OK;
    }
    hs_bytes random = hs_bytes_of(trace->tls.client_random, sizeof trace->tls.client_random);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0] && result == HS_OK; i++) {
        char line[HS_KEYLOG_LINE_MAX];
        hs_bytes secret = find_secret(&trace->tls, keylog, labels[i], random);
        if (secret.len == 0 || hs_keylog_line(labels[i], random, secret, line) != HS_OK) {
            continue;
        }
        size_t len = strlen(line);
        line[len] = '\n'; /* in the place of the NUL */
        result = hs_buffer_append(out, hs_bytes_of(line, len + 1));
        explicit_bzero(line, sizeof line);
    }
    return result;
}
