/* Every field of a message: offset, bytes, name, value and meaning, nested as the message is. What
 * no parser knows is shown as a hex dump. */
#include <inttypes.h>
#include <stdlib.h>

#include "decode/annotate.h"
#include "report/text_parts.h"

enum {
    OFFSET_COLUMN = 6,
    BYTES_A_LINE = 8,
    DUMP_BYTES_A_LINE = 16,
    NOTES_FIRST = 512,
    NOTES_MAX = 1 << 20,
    TEXT_VALUE_MAX = 64,
};

/* One line's worth of `bytes` from `at` in the hex column, and blanks up to its end. */
static void put_hex(hs_page *page, hs_bytes bytes, size_t at, size_t end, size_t a_line)
{
    hs_page_tab(page, OFFSET_COLUMN);
    hs_page_put(page, HS_TONE_DIM, "%04zx ", at);
    size_t base = page->column;
    for (size_t i = at; i < end && i < at + a_line; i++) {
        hs_page_put(page, HS_TONE_ACCENT, " %02x", bytes.data[i]);
    }
    hs_page_tab(page, base + 3 * a_line + 2);
}

static bool is_readable(hs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e) {
            return false;
        }
    }
    return bytes.len > 1 && bytes.len <= TEXT_VALUE_MAX;
}

/* Not wrapped: a line a field is what the eye follows. */
static void put_value(hs_page *page, const hs_note *note, hs_bytes raw)
{
    hs_bytes bytes = {raw.data + note->offset, note->length};
    if (note->kind == HS_NOTE_UINT) {
        hs_page_put(page, HS_TONE_STRONG, "  %" PRIu64, note->value);
    } else if (note->kind == HS_NOTE_BYTES && is_readable(bytes)) {
        hs_page_put(page, HS_TONE_STRONG, "  \"%.*s\"", (int)bytes.len, (const char *)bytes.data);
    } else {
        hs_page_put(page, HS_TONE_DIM, "  %zu byte%s", note->length, note->length == 1 ? "" : "s");
    }
    if (note->meaning) {
        hs_page_put(page, HS_TONE_GOOD, "  %s", note->meaning);
    }
}

/* A group's bytes are those of the fields within it; one without fields shows its own. */
static void put_note(hs_page *page, const hs_notes *notes, size_t index, hs_bytes raw)
{
    const hs_note *note = &notes->items[index];
    bool has_inner = index + 1 < notes->count && notes->items[index + 1].depth > note->depth;
    size_t end = note->kind == HS_NOTE_BLOCK && has_inner ? note->offset
                                                          : note->offset + note->length;
    put_hex(page, raw, note->offset, end, BYTES_A_LINE);
    hs_page_put(page, HS_TONE_PLAIN, "%*s%s", (int)(2 * note->depth), "", note->field);
    put_value(page, note, raw);
    hs_page_end_line(page);
    for (size_t at = note->offset + BYTES_A_LINE; at < end; at += BYTES_A_LINE) {
        put_hex(page, raw, at, end, BYTES_A_LINE);
        hs_page_end_line(page);
    }
}

static void put_dump(hs_page *page, hs_bytes raw, size_t from)
{
    for (size_t at = from; at < raw.len; at += DUMP_BYTES_A_LINE) {
        size_t end = raw.len - at < DUMP_BYTES_A_LINE ? raw.len : at + DUMP_BYTES_A_LINE;
        put_hex(page, raw, at, end, DUMP_BYTES_A_LINE);
        for (size_t i = at; i < end; i++) {
            bool printable = raw.data[i] >= 0x20 && raw.data[i] < 0x7f;
            hs_page_put(page, HS_TONE_DIM, "%c", printable ? raw.data[i] : '.');
        }
        hs_page_end_line(page);
    }
}

static void put_fault(hs_page *page, const hs_fault *fault, hs_bytes raw)
{
    hs_page_tab(page, OFFSET_COLUMN);
    hs_page_put(page, HS_TONE_BAD, "%04zx  malformed: %s: %s", fault->offset,
                fault->field ? fault->field : "message", fault->why ? fault->why : "cannot be");
    hs_page_end_line(page);
    put_dump(page, raw, fault->offset);
}

/* Runs the parser with room for all its notes. */
static hs_result annotate(const hs_trace *trace, const hs_event *event, hs_notes *notes,
                          hs_fault *fault)
{
    size_t capacity = NOTES_FIRST;
    for (;;) {
        hs_note *items = realloc(notes->items, capacity * sizeof *items);
        if (!items) {
            return HS_NO_MEMORY;
        }
        *notes = (hs_notes){.items = items, .capacity = capacity};
        *fault = (hs_fault){.result = HS_OK};
        hs_result result = hs_annotate(trace, event, notes, fault);
        if (notes->dropped == 0 || capacity >= NOTES_MAX) {
            return result;
        }
        capacity = capacity + notes->dropped > NOTES_MAX ? NOTES_MAX : capacity + notes->dropped;
    }
}

hs_result hs_text_fields(hs_page *page, const hs_trace *trace, const hs_event *event)
{
    hs_notes notes = {0};
    hs_fault fault;
    if (event->raw.len == 0) {
        return HS_OK;
    }
    hs_result result = annotate(trace, event, &notes, &fault);
    if (result == HS_NO_MEMORY) {
        goto done;
    }
    if (result == HS_INVALID || (result != HS_OK && notes.count == 0)) {
        put_dump(page, event->raw, 0);
        result = HS_OK;
        goto done;
    }
    for (size_t i = 0; i < notes.count; i++) {
        put_note(page, &notes, i, event->raw);
    }
    if (notes.dropped > 0) {
        hs_page_tab(page, OFFSET_COLUMN);
        hs_page_put(page, HS_TONE_NOTE, "%zu more field%s", notes.dropped,
                    notes.dropped == 1 ? "" : "s");
        hs_page_end_line(page);
    }
    if (result != HS_OK) {
        put_fault(page, &fault, event->raw);
    }
    result = HS_OK;
done:
    free(notes.items);
    return result;
}
