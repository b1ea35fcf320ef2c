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

static bool read_next(hs_reader *r, size_t index, hs_tls_extension *out)
{
    if (hs_reader_left(r) == 0) {
        return false;
    }
    out->type = hs_read_u16(r, "extension_type");
    out->data = hs_tls_read_opaque(r, 2, "extension_data");
    out->index = index;
    return hs_reader_ok(r);
}

bool hs_tls_extension_next(hs_tls_extension_iterator *it, hs_tls_extension *out)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_extension each;
    hs_reader_init(&r, it->left, &fault, NULL);
    bool is_one = read_next(&r, it->index, &each);
    it->left = hs_tls_peek(&r);
    if (is_one) {
        it->index++;
        *out = each;
    }
    return is_one;
}

bool hs_tls_extension_find(const hs_tls_extensions *extensions, uint16_t type,
                           hs_tls_extension *out)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_extension each;
    if (extensions->is_indexed && !(extensions->kinds & kind_of(type))) {
        return false; /* most that are looked for are not there */
    }
    hs_reader_init(&r, extensions->bytes, &fault, NULL);
    for (size_t index = 0; read_next(&r, index, &each); index++) {
        if (each.type == type) {
            *out = each;
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
