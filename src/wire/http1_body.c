#include "wire/http1_body.h"

enum {
    LINE_MAX_LEN = 4096,     /* of a chunk's size line */
    TRAILER_MAX = 64 * 1024, /* of the trailer section */
};

/* Reads Content-Length (RFC 9110 8.6): several equal values are one. False: it is not a length. */
static bool read_length(const hs_http1_head *head, uint64_t *length)
{
    bool has_one = false;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!hs_http1_is_same(head->fields[i].name, "Content-Length")) {
            continue;
        }
        hs_bytes list = head->fields[i].value;
        hs_bytes element;
        while (hs_http1_next_element(&list, &element)) {
            uint64_t value = 0;
            for (size_t j = 0; j < element.len; j++) {
                unsigned digit = element.data[j] - (unsigned)'0';
                if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
                    return false;
                }
                value = value * 10 + digit;
            }
            if (has_one && value != *length) {
                return false;
            }
            *length = value;
            has_one = true;
        }
    }
    return has_one;
}

/* Whether "chunked" is the last transfer coding (RFC 9112 6.3). */
static bool ends_chunked(const hs_http1_head *head)
{
    hs_bytes last = {0};
    for (size_t i = 0; i < head->field_count; i++) {
        hs_bytes list = head->fields[i].value;
        while (hs_http1_is_same(head->fields[i].name, "Transfer-Encoding") &&
               hs_http1_next_element(&list, &last)) {
        }
    }
    return hs_http1_is_same(last, "chunked");
}

/* What the fields say; a head without such fields has `otherwise`. */
static hs_http1_body body_of(const hs_http1_head *head, hs_http1_framing otherwise)
{
    hs_http1_body body = {.framing = otherwise};
    bool has_length = hs_http1_find(head, "Content-Length") != NULL;
    if (hs_http1_find(head, "Transfer-Encoding")) {
        if (ends_chunked(head)) {
            body.framing = HS_HTTP1_BODY_CHUNKED;
        } else if (head->kind == HS_HTTP1_REQUEST) {
            body.problem = "the transfer codings of a request do not end in chunked";
        }
        if (has_length) {
            body.problem = "Content-Length beside Transfer-Encoding";
        } else if (hs_bytes_are(head->version, "HTTP/1.0")) {
            body.problem = "Transfer-Encoding in HTTP/1.0";
        }
    } else if (has_length) {
        if (read_length(head, &body.length)) {
            body.framing = body.length > 0 ? HS_HTTP1_BODY_LENGTH : HS_HTTP1_BODY_NONE;
        } else {
            body.length = 0;
            body.problem = "Content-Length is not one number";
        }
    }
    return body;
}

hs_http1_body hs_http1_request_body(const hs_http1_head *request)
{
    return body_of(request, HS_HTTP1_BODY_NONE);
}

hs_http1_body hs_http1_response_body(const hs_http1_head *response, hs_bytes method)
{
    hs_http1_body body = body_of(response, HS_HTTP1_BODY_UNTIL_CLOSE);
    int status = response->status;
    bool is_connected = hs_bytes_are(method, "CONNECT") && status >= 200 && status <= 299;
    if (status == 101 || is_connected) {
        body.framing = HS_HTTP1_BODY_TUNNEL;
    } else if (hs_bytes_are(method, "HEAD") || (status >= 100 && status <= 199) || status == 204 ||
               status == 304) {
        body.framing = HS_HTTP1_BODY_NONE;
    }
    return body;
}

enum {
    CHUNK_SIZE_START,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START,
    TRAILER_LINE,
    TRAILER_LINE_LF,
    TRAILER_END_LF,
    CHUNKED_DONE,
    CHUNKED_BAD,
};

void hs_http1_chunked_init(hs_http1_chunked *chunked)
{
    *chunked = (hs_http1_chunked){.state = CHUNK_SIZE_START};
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t folded = byte | 0x20;
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

static unsigned bad(hs_http1_chunked *c, const char *problem)
{
    c->problem = problem;
    return CHUNKED_BAD;
}

static unsigned step_size(hs_http1_chunked *c, uint8_t byte)
{
    int digit = hex_value(byte);
    if (digit >= 0) {
        if (c->left >> 59 != 0) {
            return bad(c, "the chunk size is too large");
        }
        c->left = c->left << 4 | (unsigned)digit;
        return CHUNK_SIZE;
    }
    if (c->state == CHUNK_SIZE_START) {
        return bad(c, "the chunk size is not hexadecimal");
    }
    if (byte == '\r') {
        return CHUNK_SIZE_LF;
    }
    /* RFC 9112 7.1.1; some senders pad the size with spaces. */
    return byte == ';' || byte == ' ' || byte == '\t' ? CHUNK_EXTENSION
                                                      : bad(c, "the chunk size is not hexadecimal");
}

/* The state after a byte that is not of a chunk's data. */
static unsigned step(hs_http1_chunked *c, uint8_t byte)
{
    switch (c->state) {
    case CHUNK_SIZE_START:
    case CHUNK_SIZE:
        return step_size(c, byte);
    case CHUNK_EXTENSION:
        if (byte == '\n') {
            return bad(c, "a chunk's size line ends in LF alone");
        }
        return byte == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    case CHUNK_SIZE_LF:
        c->line = 0;
        if (byte != '\n') {
            return bad(c, "a CR without LF ends a chunk's size line");
        }
        return c->left > 0 ? CHUNK_DATA : TRAILER_START;
    case CHUNK_DATA_CR:
        return byte == '\r' ? CHUNK_DATA_LF : bad(c, "no CRLF follows the chunk's data");
    case CHUNK_DATA_LF:
        c->line = 0;
        return byte == '\n' ? CHUNK_SIZE_START : bad(c, "no CRLF follows the chunk's data");
    case TRAILER_START:
        return byte == '\r' ? TRAILER_END_LF : TRAILER_LINE;
    case TRAILER_LINE:
        return byte == '\r' ? TRAILER_LINE_LF : TRAILER_LINE;
    case TRAILER_LINE_LF:
        return byte == '\n' ? TRAILER_START : bad(c, "a CR without LF in the trailer section");
    case TRAILER_END_LF:
        return byte == '\n' ? CHUNKED_DONE : bad(c, "a CR without LF in the trailer section");
    default:
        return CHUNKED_BAD;
    }
}

hs_result hs_http1_chunked_feed(hs_http1_chunked *chunked, hs_bytes bytes, size_t *used)
{
    hs_http1_chunked *c = chunked;
    size_t at = 0;
    while (at < bytes.len && c->state != CHUNKED_DONE && c->state != CHUNKED_BAD) {
        if (c->state == CHUNK_DATA) {
            size_t n = bytes.len - at;
            n = n < c->left ? n : (size_t)c->left;
            at += n;
            c->left -= n;
            c->content += n;
            c->state = c->left > 0 ? CHUNK_DATA : CHUNK_DATA_CR;
            continue;
        }
        bool is_trailer = c->state >= TRAILER_START;
        if (++c->line > (is_trailer ? TRAILER_MAX : LINE_MAX_LEN)) {
            c->state = bad(c, is_trailer ? "the trailer section is too long"
                                         : "a chunk's size line is too long");
            break;
        }
        c->state = step(c, bytes.data[at]);
        at += c->state != CHUNKED_BAD;
    }
    *used = at;
    if (c->state == CHUNKED_BAD) {
        return HS_MALFORMED;
    }
    return c->state == CHUNKED_DONE ? HS_OK : HS_NEED_MORE;
}
