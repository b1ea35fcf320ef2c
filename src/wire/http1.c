#include "wire/http1.h"

#include "wire/http1_bytes.h"

enum { EMPTY_LINES_MAX = 4 };

static size_t span_length(const hs_reader *r, hs_http1_class is)
{
    size_t left = hs_reader_left(r);
    size_t n = 0;
    while (n < left && is(r->data[r->pos + n])) {
        n++;
    }
    return n;
}

/* Separators are read without a note: they say nothing. */
static void skip(hs_reader *r, size_t len, const char *field)
{
    hs_notes *notes = r->notes;
    r->notes = NULL;
    (void)hs_read_bytes(r, len, field);
    r->notes = notes;
}

/* Whether a byte is there to look at; else the fault says that more is needed. */
static bool has_next(hs_reader *r, const char *field)
{
    if (hs_reader_ok(r) && hs_reader_left(r) == 0) {
        skip(r, 1, field);
    }
    return hs_reader_ok(r);
}

static bool next_is(hs_reader *r, uint8_t byte)
{
    return hs_reader_left(r) > 0 && r->data[r->pos] == byte;
}

/* The longest run of bytes of a class; it has ended only when another byte follows. */
static hs_bytes read_span(hs_reader *r, hs_http1_class is, const char *field)
{
    size_t n = span_length(r, is);
    if (n == hs_reader_left(r)) {
        skip(r, n + 1, field);
        return (hs_bytes){0};
    }
    return hs_read_bytes(r, n, field);
}

static void read_line_end(hs_reader *r, hs_http1_head *head, const char *field)
{
    if (!has_next(r, field)) {
        return;
    }
    if (next_is(r, '\r')) {
        skip(r, 1, field);
        if (has_next(r, field) && !next_is(r, '\n')) {
            hs_reader_fail(r, field, "a CR without LF");
        }
    } else if (next_is(r, '\n')) {
        head->has_bare_lf = true;
    } else {
        hs_reader_fail(r, field, "has a byte that may not stand there");
    }
    skip(r, 1, field);
}

static void read_separator(hs_reader *r, const char *field)
{
    if (has_next(r, field) && !next_is(r, ' ')) {
        hs_reader_fail(r, field, "no single space stands before it");
    }
    skip(r, 1, field);
}

static hs_bytes read_version(hs_reader *r)
{
    static const char form[] = "HTTP/d.d";
    static const char field[] = "HTTP-version";
    size_t left = hs_reader_left(r);
    for (size_t i = 0; i < sizeof form - 1 && i < left; i++) {
        uint8_t byte = r->data[r->pos + i];
        if (form[i] == 'd' ? !hs_http1_is_digit(byte) : byte != (uint8_t)form[i]) {
            hs_reader_fail(r, field, "is not \"HTTP/\" and two digits");
        }
    }
    return hs_read_bytes(r, sizeof form - 1, field);
}

static void read_request_line(hs_reader *r, hs_http1_head *head)
{
    /* RFC 9112 2.2: at least one empty line before a request is passed over. */
    for (int lines = 0; next_is(r, '\r') || next_is(r, '\n'); lines++) {
        if (lines == EMPTY_LINES_MAX) {
            hs_reader_fail(r, "empty line", "too many stand before the request line");
        }
        read_line_end(r, head, "empty line");
    }
    size_t group = hs_reader_group_begin(r, "request line");
    head->method = read_span(r, hs_http1_is_tchar, "method");
    if (hs_reader_ok(r) && head->method.len == 0) {
        hs_reader_fail(r, "method", "is not a token");
    }
    read_separator(r, "request target");
    head->target = read_span(r, hs_http1_is_target_byte, "request target");
    if (hs_reader_ok(r) && head->target.len == 0) {
        hs_reader_fail(r, "request target", "is empty");
    }
    read_separator(r, "HTTP-version");
    head->version = read_version(r);
    hs_reader_group_end(r, group);
    read_line_end(r, head, "request line");
}

static void read_status_line(hs_reader *r, hs_http1_head *head)
{
    size_t group = hs_reader_group_begin(r, "status line");
    head->version = read_version(r);
    read_separator(r, "status code");
    size_t digits = span_length(r, hs_http1_is_digit);
    if (digits < 3 && digits < hs_reader_left(r)) {
        hs_reader_fail(r, "status code", "is not three digits");
    }
    hs_bytes code = hs_read_bytes(r, 3, "status code");
    for (size_t i = 0; i < code.len; i++) {
        head->status = head->status * 10 + (code.data[i] - '0');
    }
    if (code.len == 3) {
        hs_note_meaning(r, hs_http1_reason(head->status));
    }
    /* Without a reason the space before it is often left out, though RFC 9112 4 asks for it. */
    if (has_next(r, "reason phrase") && next_is(r, ' ')) {
        skip(r, 1, "reason phrase");
        head->reason = read_span(r, hs_http1_is_value_byte, "reason phrase");
    }
    hs_reader_group_end(r, group);
    read_line_end(r, head, "reason phrase");
}

static hs_bytes read_value(hs_reader *r)
{
    static const char field[] = "field value";
    skip(r, span_length(r, hs_http1_is_space), field);
    size_t n = span_length(r, hs_http1_is_value_byte);
    if (n == hs_reader_left(r)) {
        skip(r, n + 1, field);
        return (hs_bytes){0};
    }
    size_t trimmed = n;
    while (trimmed > 0 && hs_http1_is_space(r->data[r->pos + trimmed - 1])) {
        trimmed--;
    }
    hs_bytes value = hs_read_bytes(r, trimmed, field);
    skip(r, n - trimmed, field);
    return value;
}

static void read_field_line(hs_reader *r, hs_http1_head *head)
{
    if (next_is(r, ' ') || next_is(r, '\t')) {
        hs_reader_fail(r, "field line", "is folded (obs-fold), which RFC 9112 5.2 forbids");
    }
    if (head->field_count == HS_HTTP1_FIELD_MAX) {
        hs_reader_fail(r, "field line", "is one more than can be read");
        return;
    }
    size_t group = hs_reader_group_begin(r, "field line");
    hs_http1_field field;
    field.name = read_span(r, hs_http1_is_tchar, "field name");
    if (next_is(r, ' ') || next_is(r, '\t')) {
        hs_reader_fail(r, "field name", "has whitespace before the colon");
    } else if (hs_reader_ok(r) && (field.name.len == 0 || !next_is(r, ':'))) {
        hs_reader_fail(r, "field name", "is not a token and a colon");
    }
    skip(r, 1, "field name");
    field.value = read_value(r);
    hs_reader_group_end(r, group);
    read_line_end(r, head, "field value");
    if (hs_reader_ok(r)) {
        head->fields[head->field_count++] = field;
    }
}

hs_result hs_http1_read_head(hs_reader *r, hs_http1_kind kind, hs_http1_head *head)
{
    *head = (hs_http1_head){.kind = kind};
    if (!hs_reader_ok(r)) {
        return hs_reader_result(r);
    }
    hs_reader part = *r;
    bool is_cut = hs_reader_left(r) > HS_HTTP1_HEAD_MAX;
    if (is_cut) {
        part.len = part.pos + HS_HTTP1_HEAD_MAX;
    }
    if (kind == HS_HTTP1_REQUEST) {
        read_request_line(&part, head);
    } else {
        read_status_line(&part, head);
    }
    while (has_next(&part, "field line") && !next_is(&part, '\r') && !next_is(&part, '\n')) {
        read_field_line(&part, head);
    }
    read_line_end(&part, head, "empty line");
    if (is_cut && hs_reader_result(&part) == HS_NEED_MORE) {
        r->fault->result = HS_MALFORMED;
        r->fault->why = "the head is longer than 64 KiB";
    }
    head->len = part.pos - r->pos;
    r->pos = part.pos;
    return hs_reader_result(r);
}
