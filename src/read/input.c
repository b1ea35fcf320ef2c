#include "read/input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/reader.h"

enum { WINDOW_START = 256 * 1024, RAW_SIZE = 128 * 1024, GZIP_BITS = 16 + MAX_WBITS };

static_assert((int)WINDOW_START >= (int)RAW_SIZE, "the first read goes into the window");

struct hs_input {
    int fd;
    const volatile int *stop;
    off_t origin; /* -1: cannot rewind */
    uint8_t *window;
    size_t capacity;
    size_t start;
    size_t end;
    uint64_t offset;
    bool probed; /* the first bytes were looked at */
    bool is_gzip;
    bool at_end; /* no more will come into the window */
    const char *error;
    z_stream stream;
    uint8_t *raw; /* compressed bytes */
};

hs_input *hs_input_new(int fd, const volatile int *stop)
{
    hs_input *input = calloc(1, sizeof *input);
    uint8_t *window = malloc(WINDOW_START);
    if (!input || !window) {
        free(input);
        free(window);
        close(fd);
        return NULL;
    }
    struct stat status;
    bool is_regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    input->fd = fd;
    input->stop = stop;
    input->origin = is_regular ? lseek(fd, 0, SEEK_CUR) : -1;
    input->window = window;
    input->capacity = WINDOW_START;
    return input;
}

static void end_gzip(hs_input *input)
{
    if (input->is_gzip) {
        inflateEnd(&input->stream);
        input->is_gzip = false;
    }
    free(input->raw);
    input->raw = NULL;
}

void hs_input_free(hs_input *input)
{
    if (input) {
        end_gzip(input);
        close(input->fd);
        free(input->window);
        free(input);
    }
}

/* Some bytes of the file itself, or 0 at its end or after an error. */
static size_t read_file(hs_input *input, void *out, size_t len)
{
    ssize_t got = read(input->fd, out, len);
    while (got < 0 && errno == EINTR && !*input->stop) {
        got = read(input->fd, out, len);
    }
    if (got < 0 && errno != EINTR) {
        const char *why = strerrordesc_np(errno);
        input->error = why ? why : "it cannot be read";
    }
    return got > 0 ? (size_t)got : 0;
}

/* Compressed bytes ended. Between members that is the end of the file (RFC 1952 2.2). */
static void raw_end(hs_input *input, bool within_member)
{
    input->at_end = true;
    if (within_member && !input->error) {
        input->error = "the gzip data end in the middle";
    }
}

/* One member ended: another may follow. Other bytes behind it are not part of the data. */
static bool next_member(hs_input *input)
{
    z_stream *stream = &input->stream;
    if (stream->avail_in == 0) {
        stream->next_in = input->raw;
        stream->avail_in = (uInt)read_file(input, input->raw, RAW_SIZE);
    }
    if (stream->avail_in == 0 || stream->next_in[0] != 0x1f) {
        raw_end(input, false);
        return false;
    }
    return inflateReset(stream) == Z_OK;
}

static size_t read_gzip(hs_input *input, void *out, size_t len)
{
    z_stream *stream = &input->stream;
    stream->next_out = out;
    stream->avail_out = (uInt)len;
    while (stream->avail_out == len && !input->at_end) {
        if (stream->avail_in == 0) {
            stream->next_in = input->raw;
            stream->avail_in = (uInt)read_file(input, input->raw, RAW_SIZE);
            if (stream->avail_in == 0) {
                raw_end(input, true);
                break;
            }
        }
        int status = inflate(stream, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            (void)next_member(input);
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            input->error = "the gzip data are damaged";
            input->at_end = true;
        }
    }
    return len - stream->avail_out;
}

/* What the data are: the first two bytes tell gzip. */
static hs_result probe(hs_input *input)
{
    input->probed = true;
    while (input->end < 2) {
        size_t got = read_file(input, input->window + input->end, RAW_SIZE - input->end);
        if (got == 0) {
            input->at_end = true;
            return HS_OK;
        }
        input->end += got;
    }
    if (input->window[0] != 0x1f || input->window[1] != 0x8b) {
        return HS_OK;
    }
    input->raw = malloc(RAW_SIZE);
    input->stream = (z_stream){0};
    if (!input->raw || inflateInit2(&input->stream, GZIP_BITS) != Z_OK) {
        return HS_NO_MEMORY;
    }
    input->is_gzip = true;
    memcpy(input->raw, input->window, input->end);
    input->stream.next_in = input->raw;
    input->stream.avail_in = (uInt)input->end;
    input->end = 0;
    return HS_OK;
}

static size_t read_some(hs_input *input, void *out, size_t len)
{
    size_t got = input->is_gzip ? read_gzip(input, out, len) : read_file(input, out, len);
    if (got == 0) {
        input->at_end = true;
    }
    return got;
}

/* Room for `len` bytes from `start` on. What is left is little, and moves up, so that the next read
 * is a large one. */
static hs_result make_room(hs_input *input, size_t len)
{
    if (input->start > 0) {
        memmove(input->window, input->window + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (input->capacity < len) {
        uint8_t *window = realloc(input->window, len);
        if (!window) {
            return HS_NO_MEMORY;
        }
        input->window = window;
        input->capacity = len;
    }
    return HS_OK;
}

hs_result hs_input_peek(hs_input *input, size_t len, hs_bytes *out)
{
    *out = hs_bytes_of(NULL, 0);
    if (len > HS_INPUT_WINDOW_MAX) {
        return HS_LIMIT;
    }
    hs_result result = input->probed ? HS_OK : probe(input);
    if (result == HS_OK && input->end - input->start < len && !input->at_end) {
        result = make_room(input, len);
    }
    if (result != HS_OK) {
        return result;
    }
    while (input->end - input->start < len && !input->at_end) {
        input->end += read_some(input, input->window + input->end, input->capacity - input->end);
    }
    *out = hs_bytes_of(input->window + input->start, input->end - input->start);
    return HS_OK;
}

void hs_input_consume(hs_input *input, size_t len)
{
    size_t left = input->end - input->start;
    len = len < left ? len : left;
    input->start += len;
    input->offset += len;
    if (input->start == input->end) {
        input->start = input->end = 0;
    }
}

hs_result hs_input_read(hs_input *input, void *out, size_t len, size_t *got)
{
    *got = 0;
    if (input->start == input->end && input->probed && len >= WINDOW_START / 4) {
        *got = input->at_end ? 0 : read_some(input, out, len);
        input->offset += *got;
        return HS_OK;
    }
    hs_bytes bytes;
    hs_result result = hs_input_peek(input, 1, &bytes);
    if (result == HS_OK && bytes.len > 0) {
        *got = bytes.len < len ? bytes.len : len;
        memcpy(out, bytes.data, *got);
        hs_input_consume(input, *got);
    }
    return result;
}

uint64_t hs_input_offset(const hs_input *input)
{
    return input->offset;
}

bool hs_input_is_gzip(const hs_input *input)
{
    return input->is_gzip;
}

const char *hs_input_error(const hs_input *input)
{
    return input->error;
}

bool hs_input_can_rewind(const hs_input *input)
{
    return input->origin >= 0;
}

hs_result hs_input_rewind(hs_input *input)
{
    if (input->origin < 0 || lseek(input->fd, input->origin, SEEK_SET) < 0) {
        return HS_SYSTEM;
    }
    end_gzip(input);
    input->start = input->end = 0;
    input->offset = 0;
    input->probed = input->at_end = false;
    input->error = NULL;
    return HS_OK;
}
