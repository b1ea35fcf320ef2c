/* Everything that a capture needs from the outside is opened here, before it is confined. */
#include "base/reader.h"
#include "read/capture_state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYLOG_ENTRIES = 1 << 20, EMBEDDED_MAX = 15 * 1024 * 1024 };

static hs_result wrong(hs_problem *problem, hs_result result, const char *format, ...)
    HS_PRINTF(3, 4);
static hs_result wrong(hs_problem *problem, hs_result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return result;
}

const char *hs_capture_file_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

static hs_result open_file(hs_capture *capture, const char *path, hs_problem *problem)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        const char *why = strerror(errno);
        if (fd >= 0) {
            close(fd);
        }
        return wrong(problem, HS_SYSTEM, "'%.300s': %s", hs_capture_file_name(path), why);
    }
    if (S_ISDIR(status.st_mode)) {
        close(fd);
        return wrong(problem, HS_INVALID, "'%.300s' is a directory", path);
    }
    if (isatty(fd)) {
        close(fd);
        return wrong(problem, HS_INVALID, "'%.300s' is a terminal, not a capture",
                     hs_capture_file_name(path));
    }
    hs_input *input = hs_input_new(fd, &capture->stop);
    if (!input) {
        return HS_NO_MEMORY;
    }
    capture->inputs[capture->input_count++] = input;
    return HS_OK;
}

static hs_result open_files(hs_capture *capture, hs_problem *problem)
{
    const hs_capture_options *options = &capture->options;
    hs_result result = HS_OK;
    capture->inputs = calloc(options->file_count + 1, sizeof(hs_input *));
    if (!capture->inputs) {
        return HS_NO_MEMORY;
    }
    for (size_t i = 0; i < options->file_count && result == HS_OK; i++) {
        result = open_file(capture, options->files[i], problem);
    }
    return result;
}

static hs_result open_keylog(hs_capture *capture, hs_problem *problem)
{
    const char *path = capture->options.keylog;
    bool is_asked = path != NULL;
    if (!path) {
        path = getenv("SSLKEYLOGFILE");
    }
    capture->keylog = hs_keylog_new(KEYLOG_ENTRIES);
    if (!capture->keylog) {
        return HS_NO_MEMORY;
    }
    if (!path || path[0] == '\0') {
        return HS_OK;
    }
    hs_result result = hs_secrets_file_open(&capture->secrets, path);
    if (result != HS_OK) {
        return is_asked ? wrong(problem, HS_SYSTEM, "--keylog: '%.300s': %s", path, strerror(errno))
                        : HS_OK;
    }
    result = hs_secrets_file_poll(&capture->secrets, capture->keylog);
    if (result == HS_OK && !capture->options.device) {
        result = hs_secrets_file_end(&capture->secrets, capture->keylog);
    }
    if (result == HS_LIMIT) {
        hs_capture_trouble(capture, "--keylog: '%s': only the first %zu secrets are used", path,
                           hs_keylog_count(capture->keylog));
        return HS_OK;
    }
    if (capture->secrets.malformed > 0 && is_asked) {
        hs_capture_trouble(capture, "--keylog: '%s': %zu line%s no key log's", path,
                           capture->secrets.malformed,
                           capture->secrets.malformed == 1 ? " is" : "s are");
    }
    return result;
}

/* A file that has no name, for packets that cannot be read twice. */
static hs_result open_spool(hs_capture *capture, hs_problem *problem)
{
    capture->spool = tmpfile();
    if (!capture->spool) {
        return wrong(problem, HS_SYSTEM, "--pcap: no temporary file: %s", strerror(errno));
    }
    /* Later no descriptor can be made any more. */
    capture->spool_fd = dup(fileno(capture->spool));
    if (capture->spool_fd < 0) {
        return wrong(problem, HS_SYSTEM, "--pcap: no temporary file: %s", strerror(errno));
    }
    capture->spooled = hs_packet_file_new(capture->spool);
    if (!capture->spooled) {
        return HS_NO_MEMORY;
    }
    return hs_packet_file_begin(capture->spooled, NULL);
}

static bool can_read_twice(const hs_capture *capture)
{
    for (size_t i = 0; i < capture->input_count; i++) {
        if (!hs_input_can_rewind(capture->inputs[i])) {
            return false;
        }
    }
    return !capture->options.device;
}

/* To write over what is being read would lose it. */
static bool is_input(const hs_capture_options *options, const char *path)
{
    struct stat out;
    struct stat in;
    for (size_t i = 0; i < options->file_count && stat(path, &out) == 0; i++) {
        if (stat(options->files[i], &in) == 0 && S_ISREG(in.st_mode) && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino) {
            return true;
        }
    }
    return false;
}

static hs_result open_pcap(hs_capture *capture, hs_problem *problem)
{
    const char *path = capture->options.pcap;
    if (!path) {
        return HS_OK;
    }
    if (is_input(&capture->options, path)) {
        return wrong(problem, HS_INVALID, "--pcap: '%.300s' is being read", path);
    }
    capture->pcap = fopen(path, "wbe");
    if (!capture->pcap) {
        return wrong(problem, HS_SYSTEM, "--pcap: '%.300s': %s", path, strerror(errno));
    }
    capture->selection = hs_selection_new();
    if (!capture->selection) {
        return HS_NO_MEMORY;
    }
    hs_buffer_init(&capture->embedded, EMBEDDED_MAX);
    return can_read_twice(capture) ? HS_OK : open_spool(capture, problem);
}

/* A file never lets its reader wait: it can be read by a thread that nobody needs to interrupt. */
static hs_result open_ahead(hs_capture *capture)
{
    bool is_any_file = false;
    for (size_t i = 0; i < capture->input_count; i++) {
        is_any_file = is_any_file || hs_input_can_rewind(capture->inputs[i]);
    }
    if (getrandom(capture->seed, sizeof capture->seed, 0) != sizeof capture->seed) {
        return HS_SYSTEM;
    }
    capture->chunks = hs_chunks_new();
    if (capture->chunks) {
        capture->ahead = hs_ahead_new(capture->seed, capture->chunks, is_any_file);
    }
    return capture->ahead ? HS_OK : HS_NO_MEMORY;
}

hs_result hs_capture_open(hs_capture *capture, hs_problem *problem)
{
    const hs_capture_options *options = &capture->options;
    if (!options->device == (options->file_count == 0)) {
        return wrong(problem, HS_INVALID, "files or a device are needed, and not both");
    }
    if (options->embed_secrets && !options->pcap) {
        return wrong(problem, HS_INVALID, "--embed-secrets needs --pcap");
    }
    if (!options->device && (options->filter || options->duration > 0)) {
        return wrong(problem, HS_INVALID, "%s needs a device (-i)",
                     options->filter ? "--filter" : "--duration");
    }
    hs_result result = open_files(capture, problem);
    if (result == HS_OK) {
        result = open_keylog(capture, problem);
    }
    if (result == HS_OK && options->device) {
        result = hs_source_device(options->device, options->filter, &capture->device, problem);
    }
    if (result == HS_OK) {
        result = open_pcap(capture, problem);
    }
    if (result == HS_OK) {
        result = open_ahead(capture);
    }
    return result;
}

void hs_capture_close(hs_capture *capture)
{
    hs_ahead_free(capture->ahead);
    hs_chunks_free(capture->chunks);
    for (size_t i = 0; i < capture->input_count; i++) {
        hs_input_free(capture->inputs[i]);
    }
    free(capture->inputs);
    hs_source_free(capture->device);
    hs_secrets_file_close(&capture->secrets);
    hs_keylog_free(capture->keylog);
    hs_selection_free(capture->selection);
    hs_packet_file_free(capture->spooled);
    if (capture->pcap) {
        fclose(capture->pcap);
    }
    if (capture->spool) {
        fclose(capture->spool);
    }
    if (capture->spool_fd >= 0) {
        close(capture->spool_fd);
    }
    if (capture->embedded.data) {
        explicit_bzero(capture->embedded.data, capture->embedded.capacity);
    }
    hs_buffer_free(&capture->embedded);
}
