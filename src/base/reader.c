#include "base/reader.h"

#include <string.h>

void hs_reader_init(hs_reader *r, hs_bytes bytes, hs_fault *fault, hs_notes *notes)
{
    /* No bytes may come as NULL, to which not even 0 may be added. */
    static const uint8_t nothing[1] = {0};
    *fault = (hs_fault){.result = HS_OK};
    *r = (hs_reader){.data = bytes.data ? bytes.data : nothing,
                     .len = bytes.len,
                     .fault = fault,
                     .notes = notes};
}

static void set_fault(hs_reader *r, hs_result result, const char *field, const char *why)
{
    if (r->fault->result != HS_OK) {
        return;
    }
    r->fault->result = result;
    r->fault->offset = r->base + r->pos;
    r->fault->field = field;
    r->fault->why = why;
}

static hs_note *add_note(hs_reader *r, const char *field, size_t len, hs_note_kind kind)
{
    if (!r->notes) {
        return NULL;
    }
    if (r->notes->count == r->notes->capacity) {
        r->notes->dropped++;
        return NULL;
    }
    hs_note *note = &r->notes->items[r->notes->count++];
    *note = (hs_note){.field = field,
                      .offset = r->base + r->pos,
                      .length = len,
                      .kind = kind,
                      .depth = r->notes->depth};
    return note;
}

/* The next `len` bytes, or NULL with the fault set. */
static const uint8_t *take(hs_reader *r, size_t len, const char *field)
{
    if (r->fault->result != HS_OK) {
        return NULL;
    }
    if (len > r->len - r->pos) {
        if (r->is_block) {
            set_fault(r, HS_MALFORMED, field, "runs past the end of its block");
        } else {
            set_fault(r, HS_NEED_MORE, field, "the bytes end within it");
        }
        return NULL;
    }
    const uint8_t *at = r->data + r->pos;
    r->pos += len;
    return at;
}

uint64_t hs_read_uint_noted(hs_reader *r, size_t len, const char *field)
{
    const uint8_t *at = take(r, len, field);
    if (!at) {
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | at[i];
    }
    r->pos -= len;
    hs_note *note = add_note(r, field, len, HS_NOTE_UINT);
    r->pos += len;
    if (note) {
        note->value = value;
    }
    return value;
}

uint32_t hs_read_u24(hs_reader *r, const char *field)
{
    return (uint32_t)hs_read_uint_noted(r, 3, field);
}

uint32_t hs_read_u32(hs_reader *r, const char *field)
{
    return (uint32_t)hs_read_uint_noted(r, 4, field);
}

uint64_t hs_read_u64(hs_reader *r, const char *field)
{
    return hs_read_uint_noted(r, 8, field);
}

uint64_t hs_read_varint(hs_reader *r, const char *field)
{
    if (r->fault->result != HS_OK) {
        return 0;
    }
    size_t len = 1;
    if (r->pos < r->len) {
        len = (size_t)1 << (r->data[r->pos] >> 6);
    }
    size_t before = r->notes ? r->notes->count : 0;
    uint64_t value = hs_read_uint_noted(r, len, field);
    value &= UINT64_MAX >> (64 - 8 * len + 2);
    if (r->notes && r->notes->count > before) {
        r->notes->items[before].value = value;
    }
    return value;
}

hs_bytes hs_read_bytes_noted(hs_reader *r, size_t len, const char *field)
{
    const uint8_t *at = take(r, len, field);
    if (!at) {
        return (hs_bytes){0};
    }
    r->pos -= len;
    (void)add_note(r, field, len, HS_NOTE_BYTES);
    r->pos += len;
    return (hs_bytes){at, len};
}

hs_bytes hs_read_rest(hs_reader *r, const char *field)
{
    return hs_read_bytes(r, hs_reader_left(r), field);
}

/* A block where nobody takes notes and nothing was amiss so far; `at` is its first byte. */
static hs_reader plain_block(const hs_reader *r, const uint8_t *at, size_t len)
{
    return (hs_reader){.data = at,
                       .len = len,
                       .base = r->base + (size_t)(at - r->data),
                       .is_block = true,
                       .fault = r->fault};
}

hs_reader hs_read_block(hs_reader *r, size_t len, const char *field)
{
    const uint8_t *plain = hs_reader_take(r, len);
    if (plain) {
        return plain_block(r, plain, len);
    }
    size_t start = r->pos;
    const uint8_t *at = take(r, len, field);
    hs_reader block = {
        .base = r->base + start, .is_block = true, .fault = r->fault, .notes = r->notes};
    if (!at) {
        return block;
    }
    block.data = at;
    block.len = len;
    r->pos = start;
    if (add_note(r, field, len, HS_NOTE_BLOCK)) {
        block.group = r->notes->count;
        r->notes->depth++;
    }
    r->pos = start + len;
    return block;
}

/* The prefix, which was read already, and the block are one field: a fault in either names it. */
static hs_reader read_prefixed(hs_reader *r, size_t len, const char *field)
{
    if (r->fault->result != HS_OK && r->fault->field && strcmp(r->fault->field, "length") == 0) {
        r->fault->field = field;
    }
    return hs_read_block(r, len, field);
}

hs_reader hs_read_block8(hs_reader *r, const char *field)
{
    return read_prefixed(r, hs_read_u8(r, "length"), field);
}

hs_reader hs_read_block16(hs_reader *r, const char *field)
{
    return read_prefixed(r, hs_read_u16(r, "length"), field);
}

hs_reader hs_read_block24(hs_reader *r, const char *field)
{
    return read_prefixed(r, hs_read_u24(r, "length"), field);
}

static void leave_group(hs_reader *r)
{
    if (r->group && r->notes->depth > 0) {
        r->notes->depth--;
    }
    r->group = 0;
}

void hs_reader_close(hs_reader *r)
{
    if (r->pos < r->len) {
        set_fault(r, HS_MALFORMED, "trailing bytes", "the block has bytes left over");
    }
    leave_group(r);
}

size_t hs_reader_group_begin(hs_reader *r, const char *field)
{
    if (r->fault->result != HS_OK || !add_note(r, field, 0, HS_NOTE_BLOCK)) {
        return 0;
    }
    r->notes->depth++;
    return r->notes->count;
}

void hs_reader_group_end(hs_reader *r, size_t mark)
{
    if (mark == 0) {
        return;
    }
    hs_note *note = &r->notes->items[mark - 1];
    note->length = r->base + r->pos - note->offset;
    r->notes->depth = note->depth;
}

void hs_note_meaning_noted(hs_reader *r, const char *meaning)
{
    if (r->notes->count > 0 && r->notes->dropped == 0 && r->fault->result == HS_OK) {
        r->notes->items[r->notes->count - 1].meaning = meaning;
    }
}

void hs_reader_fail(hs_reader *r, const char *field, const char *why)
{
    set_fault(r, HS_MALFORMED, field, why);
}

hs_result hs_reader_finish(hs_reader *r)
{
    if (hs_reader_left(r) > 0) {
        set_fault(r, HS_MALFORMED, "trailing bytes", "the message has bytes left over");
    }
    return r->fault->result;
}

bool hs_bytes_equal(hs_bytes a, hs_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool hs_bytes_are(hs_bytes bytes, const char *text)
{
    return hs_bytes_equal(bytes, hs_bytes_of(text, strlen(text)));
}
