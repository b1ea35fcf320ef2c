/* Field sections (RFC 9204 4.5) by libnghttp3: what is telling in them, now or when the insertions
 * that they need have come. */
#include <stdlib.h>
#include <string.h>

#include "decode/http3_state.h"

enum { SECTION_BYTES_MAX = 256 * 1024 }; /* of those that wait */

static void show_field(hs_http3_decoder *d, const hs_h3_section *section, bool *is_fact,
                       const nghttp3_qpack_nv *field)
{
    nghttp3_vec name = nghttp3_rcbuf_get_buf(field->name);
    nghttp3_vec value = nghttp3_rcbuf_get_buf(field->value);
    hs_bytes name_bytes = {name.base, name.len};
    hs_bytes value_bytes = {value.base, value.len};
    hs_app_add_field(&d->app, section->event, name_bytes, value_bytes);
    if (section->is_message) {
        hs_h3_field_fact(d, section->from, is_fact, name_bytes, value_bytes);
    }
}

/* HS_NEED_MORE: it needs insertions that have not come; then nothing was told of it. */
static hs_result decompress(hs_http3_decoder *d, nghttp3_qpack_decoder *decoder,
                            nghttp3_qpack_stream_context *context, hs_h3_section *section)
{
    const uint8_t *data = section->bytes;
    size_t left = section->len;
    bool is_fact = false;
    for (;;) {
        nghttp3_qpack_nv field;
        uint8_t flags = NGHTTP3_QPACK_DECODE_FLAG_NONE;
        nghttp3_ssize used = nghttp3_qpack_decoder_read_request(decoder, context, &field, &flags,
                                                                data, left, 1);
        if (used < 0) {
            return used == NGHTTP3_ERR_NOMEM ? HS_NO_MEMORY : HS_MALFORMED;
        }
        data += used;
        left -= (size_t)used;
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) {
            section->needs = nghttp3_qpack_stream_context_get_ricnt(context);
            return HS_NEED_MORE;
        }
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) {
            show_field(d, section, &is_fact, &field);
            nghttp3_rcbuf_decref(field.name);
            nghttp3_rcbuf_decref(field.value);
        }
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) {
            return HS_OK;
        }
        if (used == 0 && !(flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT)) {
            return HS_MALFORMED;
        }
    }
}

static bool needs_table(const hs_h3_section *section)
{
    return section->len > 0 && section->bytes[0] != 0; /* the Required Insert Count */
}

static hs_result open_with(hs_http3_decoder *d, nghttp3_qpack_decoder *decoder,
                           hs_h3_section *section)
{
    nghttp3_qpack_stream_context *context;
    if (!decoder || nghttp3_qpack_stream_context_new(&context, 0, nghttp3_mem_default()) != 0) {
        return HS_NO_MEMORY;
    }
    hs_result result = decompress(d, decoder, context, section);
    nghttp3_qpack_stream_context_del(context);
    return result;
}

/* An error is for good: neither decoder can be used after one. */
static hs_result open_section(hs_http3_decoder *d, hs_h3_section *section, const char **why)
{
    hs_side from = section->from;
    hs_result result = HS_NEED_MORE;
    *why = "cannot be decompressed";
    if (!needs_table(section)) {
        result = open_with(d, hs_h3_qpack_still(d), section);
        if (result != HS_OK) {
            hs_h3_qpack_renew_still(d);
        }
        return result;
    }
    nghttp3_qpack_decoder *decoder = hs_h3_qpack_table(d, from);
    if (!decoder) {
        *why = d->qpack[from].broken;
        return HS_MALFORMED;
    }
    if (section->needs <= nghttp3_qpack_decoder_get_icnt(decoder)) {
        result = open_with(d, decoder, section);
        if (result == HS_OK) {
            hs_h3_qpack_drain(d, from);
        } else if (result != HS_NEED_MORE) {
            hs_h3_qpack_break(d, from, *why);
        }
    }
    return result;
}

/* False: it must wait. */
static bool settle(hs_http3_decoder *d, hs_h3_section *section)
{
    const char *why = NULL;
    bool waits_for_settings = needs_table(section) && hs_h3_qpack_waits(d, section->from);
    hs_result result = waits_for_settings ? HS_NEED_MORE : open_section(d, section, &why);
    if (result == HS_NEED_MORE && !d->is_finished) {
        return false;
    }
    if (result == HS_NEED_MORE) {
        why = "wait for QPACK insertions that have not come";
    } else if (result == HS_NO_MEMORY) {
        hs_h3_lose(d, result);
        why = "out of memory";
    }
    hs_app_add_text(&d->app, section->event, "fields", result == HS_OK ? NULL : why);
    return true;
}

void hs_h3_retry_sections(hs_http3_decoder *d)
{
    hs_h3_section **place = &d->sections;
    while (*place) {
        hs_h3_section *section = *place;
        if (!settle(d, section)) {
            place = &section->next;
            continue;
        }
        *place = section->next;
        d->section_count--;
        d->section_bytes -= section->len;
        free(section);
    }
}

static void wait(hs_http3_decoder *d, hs_h3_section *section)
{
    if (d->section_count == HS_HTTP3_SECTIONS_MAX ||
        section->len > SECTION_BYTES_MAX - d->section_bytes) {
        hs_h3_lose(d, HS_LIMIT);
        hs_app_add_text(&d->app, section->event, "fields", "too many wait for QPACK insertions");
        free(section);
        return;
    }
    hs_h3_section **place = &d->sections;
    while (*place) {
        place = &(*place)->next;
    }
    *place = section;
    d->section_count++;
    d->section_bytes += section->len;
}

void hs_h3_fields(hs_http3_decoder *d, const hs_h3_stream *stream, hs_event *event,
                  const hs_http3_frame *frame)
{
    hs_bytes bytes = frame->content;
    hs_h3_section *section = calloc(1, sizeof *section + bytes.len);
    if (!section) {
        hs_h3_lose(d, HS_NO_MEMORY);
        return;
    }
    section->event = event;
    section->from = stream->side.from;
    section->is_message = stream->kind == HS_H3_REQUEST && frame->header.type == HS_HTTP3_HEADERS;
    section->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(section->bytes, bytes.data, bytes.len);
    }
    if (settle(d, section)) {
        free(section);
    } else {
        wait(d, section);
    }
}

void hs_h3_fields_free(hs_http3_decoder *d)
{
    while (d->sections) {
        hs_h3_section *section = d->sections;
        d->sections = section->next;
        free(section);
    }
}
