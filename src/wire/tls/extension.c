#include "wire/tls/extension.h"

#include "wire/tls/extension_registry.h"
#include "wire/tls/names.h"

const char *hs_tls_extension_name(uint16_t type)
{
    switch (type) {
#define HS_X(symbol, number, name)                                                                 \
    case number:                                                                                   \
        return name;
        HS_TLS_EXTENSION_TYPE_MAP(HS_X)
#undef HS_X
    default:
        return hs_tls_is_grease(type) ? "GREASE" : NULL;
    }
}

void hs_tls_extension_body_read(hs_reader *r, uint16_t type, hs_tls_extension_context context,
                                hs_tls_extension_value *out)
{
    const hs_tls_extension_format *format = hs_tls_extension_format_find(type, context);
    *out = (hs_tls_extension_value){0};
    format->read(r, format, out);
}

/* Reads a body under a fault of its own, so that a bad one does not end the message; its notes are
 * then taken back, and it is noted as raw bytes. */
static void read_body(hs_reader *body, uint16_t type, hs_tls_extensions *block)
{
    hs_fault fault = {.result = HS_OK};
    hs_notes before = body->notes ? *body->notes : (hs_notes){0};
    hs_reader trial = *body;
    hs_tls_extension_value value;
    trial.fault = &fault;
    hs_tls_extension_body_read(&trial, type, block->context, &value);
    if (hs_reader_finish(&trial) == HS_OK) {
        body->pos = trial.pos;
        return;
    }
    if (body->notes) {
        *body->notes = before;
    }
    (void)hs_read_rest(body, "extension_data");
    hs_note_meaning(body, fault.why);
    if (block->malformed++ == 0) {
        block->malformed_type = type;
        block->fault = fault;
    }
}

static uint64_t kind_of(uint16_t type)
{
    return UINT64_C(1) << type % 64;
}

void hs_tls_extensions_read(hs_reader *r, hs_tls_extension_context context, hs_tls_extensions *out)
{
    *out = (hs_tls_extensions){.context = context, .is_indexed = true};
    hs_reader block = hs_read_block16(r, "extensions");
    out->present = hs_reader_ok(r);
    out->bytes = hs_tls_peek(&block);
    while (hs_reader_left(&block) > 0) {
        size_t mark = hs_reader_group_begin(&block, "Extension");
        uint16_t type = hs_tls_read_u16(&block, "extension_type", hs_tls_extension_name);
        hs_reader body = hs_read_block16(&block, "extension_data");
        if (hs_reader_ok(&body)) {
            read_body(&body, type, out);
            out->count++;
            out->kinds |= kind_of(type);
        }
        hs_reader_close(&body);
        hs_reader_group_end(&block, mark);
    }
    hs_reader_close(&block);
}

void hs_tls_extensions_write(hs_writer *w, const hs_tls_extensions *extensions)
{
    if (extensions->present) {
        hs_tls_write_opaque(w, 2, extensions->bytes);
    }
}

hs_tls_extension_iterator hs_tls_extensions_begin(const hs_tls_extensions *extensions)
{
    return (hs_tls_extension_iterator){.left = extensions->bytes};
}

/* The extension that the bytes begin with; false where there is none that is whole. */
static bool take_next(hs_bytes *left, hs_tls_extension *out)
{
    enum { HEADER = 4 };
    if (left->len < HEADER) {
        return false;
    }
    const uint8_t *at = left->data;
    size_t len = (size_t)at[2] << 8 | at[3];
    if (len > left->len - HEADER) {
        return false;
    }
    out->type = (uint16_t)(at[0] << 8 | at[1]);
    out->data = hs_bytes_of(at + HEADER, len);
    *left = hs_bytes_of(at + HEADER + len, left->len - HEADER - len);
    return true;
}

bool hs_tls_extension_next(hs_tls_extension_iterator *it, hs_tls_extension *out)
{
    if (!take_next(&it->left, out)) {
        return false;
    }
    out->index = it->index++;
    return true;
}

bool hs_tls_extension_find(const hs_tls_extensions *extensions, uint16_t type,
                           hs_tls_extension *out)
{
    if (extensions->is_indexed && !(extensions->kinds & kind_of(type))) {
        return false; /* most that are looked for are not there */
    }
    hs_bytes left = extensions->bytes;
    hs_tls_extension each;
    for (size_t index = 0; take_next(&left, &each); index++) {
        if (each.type == type) {
            *out = each;
            out->index = index;
            return true;
        }
    }
    return false;
}

hs_result hs_tls_extension_value_read(const hs_tls_extension *extension,
                                      hs_tls_extension_context context, hs_tls_extension_value *out)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, extension->data, &fault, NULL);
    hs_tls_extension_body_read(&r, extension->type, context, out);
    /* The body's length is known: what it lacks is not to come. */
    return hs_reader_finish(&r) == HS_OK ? HS_OK : HS_MALFORMED;
}

hs_block hs_tls_extension_open(hs_writer *w, uint16_t type)
{
    hs_write_u16(w, type);
    return hs_write_open(w, 2);
}

void hs_tls_extension_write(hs_writer *w, uint16_t type, hs_tls_extension_context context,
                            const hs_tls_extension_value *value)
{
    const hs_tls_extension_format *format = hs_tls_extension_format_find(type, context);
    hs_block block = hs_tls_extension_open(w, type);
    format->write(w, format, value);
    hs_write_close(w, block);
}
