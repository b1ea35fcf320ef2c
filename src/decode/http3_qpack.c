/* QPACK (RFC 9204) by nghttp3: from field sections to what is telling in them.
 *
 * How a section names entries of the dynamic table depends on the capacity that the receiver allows
 * (RFC 9204 4.5.1.1), so its decoder is made when the receiver's SETTINGS have come. A section that
 * names none (its Required Insert Count is 0) needs no table. */
#include <stdlib.h>
#include <string.h>

#include "decode/http3_state.h"
#include "decode/telling_field.h"

enum { BLOCKED_MAX = 64, FIELDS_MAX = 1024 };

static nghttp3_qpack_decoder *new_decoder(size_t capacity)
{
    nghttp3_qpack_decoder *decoder = NULL;
    if (nghttp3_qpack_decoder_new(&decoder, capacity, BLOCKED_MAX, nghttp3_mem_default()) != 0) {
        return NULL;
    }
    if (nghttp3_qpack_decoder_set_max_dtable_capacity(decoder, capacity) != 0) {
        nghttp3_qpack_decoder_del(decoder);
        return NULL;
    }
    return decoder;
}

void hs_h3_qpack_free(hs_h3_qpack *qpack)
{
    nghttp3_qpack_decoder_del(qpack->decoder);
    qpack->decoder = NULL;
    hs_buffer_free(&qpack->early);
}

/* What the receiver would answer is nobody's here; it must not pile up. */
static void drop_answers(nghttp3_qpack_decoder *decoder)
{
    uint8_t room[1024];
    size_t len;
    while ((len = nghttp3_qpack_decoder_get_decoder_streamlen(decoder)) > 0 && len <= sizeof room) {
        nghttp3_buf out = {.begin = room, .end = room + sizeof room, .pos = room, .last = room};
        nghttp3_qpack_decoder_write_decoder(decoder, &out);
    }
}

static void take_field(hs_http3_decoder *d, hs_h3_half *half, hs_event *event,
                       const nghttp3_qpack_nv *field)
{
    nghttp3_vec name = nghttp3_rcbuf_get_buf(field->name);
    nghttp3_vec value = nghttp3_rcbuf_get_buf(field->value);
    hs_bytes name_bytes = hs_bytes_of(name.base, name.len);
    hs_bytes value_bytes = hs_bytes_of(value.base, value.len);
    const char *telling = event ? hs_telling_field(event, name_bytes) : NULL;
    if (telling) {
        hs_h3_add_bytes(d, event, telling, value_bytes);
    }
    hs_h3_learn_field(d, half, name_bytes, value_bytes);
}

/* HS_NEED_MORE: it waits for the encoder's stream. HS_MALFORMED: it cannot be decompressed. */
static hs_result inflate(hs_http3_decoder *d, nghttp3_qpack_decoder *decoder, hs_h3_half *half,
                         hs_event *event, hs_bytes section)
{
    nghttp3_qpack_stream_context *context = NULL;
    if (nghttp3_qpack_stream_context_new(&context, (int64_t)half->stream_id,
                                         nghttp3_mem_default()) != 0) {
        return HS_NO_MEMORY;
    }
    hs_result result = HS_OK;
    for (int fields = 0; fields < FIELDS_MAX; fields++) {
        nghttp3_qpack_nv field;
        uint8_t flags = 0;
        nghttp3_ssize used = nghttp3_qpack_decoder_read_request(decoder, context, &field, &flags,
                                                                section.data, section.len, 1);
        if (used < 0) {
            result = HS_MALFORMED;
            break;
        }
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) {
            result = HS_NEED_MORE;
            break;
        }
        section.data += used;
        section.len -= (size_t)used;
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) {
            take_field(d, half, event, &field);
            nghttp3_rcbuf_decref(field.name);
            nghttp3_rcbuf_decref(field.value);
        }
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) {
            break;
        }
    }
    nghttp3_qpack_stream_context_del(context);
    drop_answers(decoder);
    return result;
}

static void tell_result(hs_http3_decoder *d, hs_event *event, hs_result result)
{
    if (result == HS_MALFORMED) {
        hs_h3_add_text(d, event, "malformed", "the fields cannot be decompressed");
    }
}

/* The Required Insert Count is the first number of a section (RFC 9204 4.5.1). */
static bool needs_table(hs_bytes section)
{
    return section.len > 0 && section.data[0] != 0;
}

static hs_result keep_section(hs_http3_decoder *d, hs_h3_half *half, hs_event *event,
                              hs_bytes section)
{
    if (d->section_count == HS_HTTP3_SECTIONS_MAX ||
        d->waiting + section.len > HS_HTTP3_WAITING_MAX) {
        return HS_LIMIT;
    }
    hs_h3_section *kept = malloc(sizeof *kept + section.len);
    if (!kept) {
        return HS_NO_MEMORY;
    }
    *kept = (hs_h3_section){.from = half->from,
                            .stream_id = half->stream_id,
                            .event = event,
                            .half = half,
                            .len = section.len};
    memcpy(kept->bytes, section.data, section.len);
    *d->sections_end = kept;
    d->sections_end = &kept->next;
    d->section_count++;
    d->waiting += section.len;
    return HS_OK;
}

static hs_result read_section(hs_http3_decoder *d, hs_h3_half *half, hs_event *event,
                              hs_bytes section)
{
    hs_h3_qpack *qpack = &d->qpack[half->from];
    if (!needs_table(section)) {
        nghttp3_qpack_decoder *plain = new_decoder(0);
        hs_result result = plain ? inflate(d, plain, half, event, section) : HS_NO_MEMORY;
        nghttp3_qpack_decoder_del(plain);
        return result == HS_NEED_MORE ? HS_MALFORMED : result;
    }
    if (qpack->is_broken) {
        return HS_MALFORMED;
    }
    return qpack->decoder ? inflate(d, qpack->decoder, half, event, section) : HS_NEED_MORE;
}

void hs_h3_qpack_section(hs_http3_decoder *d, hs_h3_half *half, hs_event *event, hs_bytes section)
{
    hs_result result = read_section(d, half, event, section);
    if (result == HS_NEED_MORE && keep_section(d, half, event, section) != HS_OK) {
        hs_h3_add_text(d, event, "fields", "too many wait for the dynamic table");
    }
    tell_result(d, event, result);
}

/* Looks again at the sections of that side that wait. */
static void look_again(hs_http3_decoder *d, hs_side from)
{
    hs_h3_section **link = &d->sections;
    while (*link) {
        hs_h3_section *section = *link;
        hs_result result = HS_NEED_MORE;
        if (section->from == from) {
            result = read_section(d, section->half, section->event,
                                  hs_bytes_of(section->bytes, section->len));
        }
        if (result == HS_NEED_MORE) {
            link = &section->next;
            continue;
        }
        tell_result(d, section->event, result);
        *link = section->next;
        d->section_count--;
        d->waiting -= section->len;
        free(section);
    }
    d->sections_end = link;
}

void hs_h3_qpack_encoder(hs_http3_decoder *d, hs_side from, hs_bytes bytes)
{
    hs_h3_qpack *qpack = &d->qpack[from];
    if (qpack->is_broken || bytes.len == 0) {
        return;
    }
    if (!qpack->decoder) {
        qpack->is_broken = hs_buffer_append(&qpack->early, bytes) != HS_OK;
        return;
    }
    nghttp3_ssize used = nghttp3_qpack_decoder_read_encoder(qpack->decoder, bytes.data, bytes.len);
    qpack->is_broken = used < 0;
    drop_answers(qpack->decoder);
    look_again(d, from);
}

void hs_h3_qpack_allow(hs_http3_decoder *d, hs_side from, uint64_t capacity)
{
    hs_h3_qpack *qpack = &d->qpack[from];
    if (qpack->has_capacity) {
        return;
    }
    qpack->has_capacity = true;
    qpack->decoder = capacity <= HS_HTTP3_TABLE_MAX ? new_decoder((size_t)capacity) : NULL;
    qpack->is_broken = qpack->is_broken || !qpack->decoder;
    hs_buffer early = qpack->early;
    hs_buffer_init(&qpack->early, HS_HTTP3_WAITING_MAX);
    hs_h3_qpack_encoder(d, from, hs_buffer_bytes(&early));
    hs_buffer_free(&early);
    look_again(d, from);
}

void hs_h3_qpack_finish(hs_http3_decoder *d)
{
    for (const hs_h3_section *section = d->sections; section; section = section->next) {
        hs_h3_add_text(d, section->event, "fields",
                       "they need entries of the dynamic table that did not come");
    }
}
