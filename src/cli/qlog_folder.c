#include "cli/qlog_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <handshake/report.h>

#include "base/time_text.h"

enum { NAMED_BYTES = 4, HOST_MAX = 64 };

int hs_qlog_folder_open(const hs_command *command, const char *name)
{
    int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0) {
        return folder;
    }
    int why = errno;
    if (folder >= 0) {
        close(folder);
    }
    (void)hs_command_fail(command, "--qlog: '%s': %s", name, strerror(why));
    return -1;
}

/* --- the name --- */

typedef struct file_name {
    char *text;
    size_t len;
} file_name;

static void put(file_name *name, char c)
{
    if (name->len + 1 < HS_QLOG_NAME_MAX) {
        name->text[name->len++] = c;
        name->text[name->len] = '\0';
    }
}

static void put_text(file_name *name, const char *text, size_t max)
{
    for (size_t i = 0; text && i < max && text[i] != '\0'; i++) {
        put(name, text[i]);
    }
}

/* The basic form of ISO 8601: colons are not for files. */
static void put_time(file_name *name, int64_t at)
{
    char text[HS_TIME_TEXT_MAX];
    hs_time_rfc3339(at, text);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '-' && *c != ':') {
            put(name, *c);
        }
    }
}

static bool is_safe(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
}

static void put_host(file_name *name, const char *host)
{
    for (size_t i = 0; host && i < HOST_MAX && host[i] != '\0'; i++) {
        put(name, is_safe(host[i]) ? host[i] : '_');
    }
}

static void put_connection(file_name *name, const hs_trace *trace)
{
    char random[2 * NAMED_BYTES + 1] = "";
    const char *id = trace->quic.original_dcid;
    if (!id && trace->tls.has_client_random) {
        for (int i = 0; i < NAMED_BYTES; i++) {
            snprintf(random + 2 * i, 3, "%02x", trace->tls.client_random[i]);
        }
        id = random;
    }
    if (id) {
        put(name, '-');
        put_text(name, id, 2 * (size_t)NAMED_BYTES);
    }
}

const char *hs_qlog_file_name(const hs_trace *trace, char out[HS_QLOG_NAME_MAX])
{
    file_name name = {.text = out};
    out[0] = '\0';
    put_time(&name, trace->at);
    put(&name, '-');
    put_host(&name, trace->target.host);
    put_connection(&name, trace);
    put_text(&name, ".sqlog", SIZE_MAX);
    return out;
}

/* --- the file --- */

/* A file that is not whole is taken away again. */
static bool put_file(int folder, const char *name, const char *bytes, size_t len)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        int why = errno;
        if (fd >= 0) {
            close(fd);
        }
        errno = why;
        return false;
    }
    bool is_written = fwrite(bytes, 1, len, file) == len;
    int why = errno;
    if (fclose(file) != 0) {
        why = is_written ? errno : why;
        is_written = false;
    }
    if (!is_written) {
        (void)unlinkat(folder, name, 0);
        errno = why;
    }
    return is_written;
}

/* Renders it whole before there is a file. */
static hs_result render(const hs_trace *trace, char **bytes, size_t *len)
{
    *bytes = NULL;
    *len = 0;
    FILE *out = open_memstream(bytes, len);
    if (!out) {
        return HS_NO_MEMORY;
    }
    hs_result result = hs_report_qlog(trace, out);
    if (fclose(out) != 0 && result == HS_OK) {
        result = HS_NO_MEMORY;
    }
    return result;
}

bool hs_qlog_folder_write(const hs_command *command, int folder, const char *name,
                          const hs_trace *trace)
{
    char file[HS_QLOG_NAME_MAX];
    char *bytes = NULL;
    size_t len = 0;
    bool is_written = false;
    hs_result result = render(trace, &bytes, &len);
    if (result == HS_INVALID) {
        (void)hs_command_fail(command, "--qlog: '%s': nothing crossed the wire: there is no file",
                              trace->target.url ? trace->target.url : "");
        is_written = true;
    } else if (result != HS_OK) {
        (void)hs_command_fail(command, "--qlog: %s", hs_result_text(result));
    } else if (!put_file(folder, hs_qlog_file_name(trace, file), bytes, len)) {
        (void)hs_command_fail(command, "--qlog: '%s/%s': %s", name, file, strerror(errno));
    } else {
        is_written = true;
    }
    free(bytes);
    return is_written;
}
