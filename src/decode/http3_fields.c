/* QPACK (RFC 9204) by libnghttp3: from encoder streams and field sections to what is telling in
 * them. How many insertions a section needs is told modulo a number that follows from the table's
 * largest capacity (4.5.1.1), which the receiving side's SETTINGS say; so what needs the table
 * waits for these. A client that sends early data goes by the SETTINGS of an earlier connection,
 * which the server must say again (3.2.3). */
#include <stdlib.h>
#include <string.h>

#include "decode/http3_state.h"

enum {
    CAPACITY_UNKNOWN = 64 * 1024,   /* where no SETTINGS were seen */
    SECTION_BYTES_MAX = 256 * 1024, /* of the field sections that wait */
    DECODER_STREAM_MAX = 64,        /* bytes: one acknowledgement and one increment */
};

static bool make(nghttp3_qpack_decoder **decoder, uint64_t capacity)
{
    if (!*decoder && nghttp3_qpack_decoder_new(decoder, (size_t)capacity, HS_HTTP3_SECTIONS_MAX,
                                               nghttp3_mem_default()) != 0) {
        *decoder = NULL;
    }
    return *decoder != NULL;
}

static void unmake(nghttp3_qpack_decoder **decoder)
{
    nghttp3_qpack_decoder_del(*decoder);
    *decoder = NULL;
}

void hs_h3_qpack_free(hs_http3_decoder *d)
{
    unmake(&d->qpack[HS_CLIENT].decoder);
    unmake(&d->qpack[HS_SERVER].decoder);
    unmake(&d->still);
    while (d->sections) {
        hs_h3_section *section = d->sections;
        d->sections = section->next;
        free(section);
    }
}

void hs_h3_qpack_break(hs_http3_decoder *d, hs_side from, const char *why)
{
    hs_h3_qpack *qpack = &d->qpack[from];
    if (!qpack->broken) {
        qpack->broken = why;
        unmake(&qpack->decoder);
    }
}

/* The table, where it can be known. */
static nghttp3_qpack_decoder *table_of(hs_http3_decoder *d, hs_side from)
{
    hs_h3_qpack *qpack = &d->qpack[from];
    uint64_t capacity = qpack->has_capacity ? qpack->capacity : CAPACITY_UNKNOWN;
    if (capacity > HS_HTTP3_TABLE_MAX) {
        hs_h3_qpack_break(d, from, "the dynamic table may be too large to be followed");
        d->app.trace->incomplete = true;
    }
    if (!qpack->broken && !make(&qpack->decoder, capacity)) {
        hs_h3_qpack_break(d, from, "out of memory");
        hs_h3_lose(d, HS_NO_MEMORY);
    }
    return qpack->decoder;
}

bool hs_h3_qpack_waits(const hs_http3_decoder *d, hs_side from)
{
    const hs_h3_qpack *qpack = &d->qpack[from];
    return !qpack->has_capacity && !qpack->decoder && !qpack->broken && !d->is_finishing;
}

void hs_h3_qpack_settings(hs_http3_decoder *d, hs_side from, hs_bytes settings)
{
    hs_side sender = from == HS_CLIENT ? HS_SERVER : HS_CLIENT; /* of fields */
    hs_h3_qpack *qpack = &d->qpack[sender];
    hs_http3_setting setting;
    qpack->has_capacity = true;
    while (hs_http3_next_setting(&settings, &setting)) {
        if (setting.id == HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY) {
            qpack->capacity = setting.value;
        }
    }
    hs_h3_run_encoder(d, sender);
    hs_h3_retry_sections(d);
}

/* What the receiving side would answer is not sent by anybody here. */
static void drain(hs_http3_decoder *d, hs_side from, nghttp3_qpack_decoder *decoder)
{
    uint8_t room[DECODER_STREAM_MAX];
    nghttp3_buf answer = {room, room + sizeof room, room, room};
    if (nghttp3_qpack_decoder_get_decoder_streamlen(decoder) <= sizeof room) {
        nghttp3_qpack_decoder_write_decoder(decoder, &answer);
    } else {
        hs_h3_qpack_break(d, from, "QPACK answers pile up");
    }
}

/* One byte of the encoder stream: how it is split must not show in what is decompressed before an
 * instruction that cannot be, or before one that evicts what a section needs. */
static hs_result insert_byte(hs_http3_decoder *d, hs_side from, const uint8_t *byte)
{
    nghttp3_qpack_decoder *decoder = table_of(d, from);
    if (!decoder) {
        return HS_OK;
    }
    uint64_t before = nghttp3_qpack_decoder_get_icnt(decoder);
    nghttp3_ssize used = nghttp3_qpack_decoder_read_encoder(decoder, byte, 1);
    d->qpack[from].inserted++;
    if (used < 0) {
        hs_h3_qpack_break(d, from, "QPACK insertions cannot be followed");
    }
    if (used == NGHTTP3_ERR_NOMEM) {
        hs_h3_lose(d, HS_NO_MEMORY);
    }
    if (used < 0 || nghttp3_qpack_decoder_get_icnt(decoder) != before) {
        hs_h3_retry_sections(d);
    }
    return used < 0 && used != NGHTTP3_ERR_NOMEM ? HS_MALFORMED : HS_OK;
}

hs_result hs_h3_qpack_insert(hs_http3_decoder *d, hs_side from, hs_bytes bytes)
{
    hs_result result = HS_OK;
    for (size_t i = 0; i < bytes.len && result == HS_OK; i++) {
        result = insert_byte(d, from, bytes.data + i);
    }
    return result;
}

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
        result = open_with(d, make(&d->still, 0) ? d->still : NULL, section);
        if (result != HS_OK) {
            unmake(&d->still);
        }
        return result;
    }
    nghttp3_qpack_decoder *decoder = table_of(d, from);
    if (!decoder) {
        *why = d->qpack[from].broken;
        return HS_MALFORMED;
    }
    if (section->needs <= nghttp3_qpack_decoder_get_icnt(decoder)) {
        result = open_with(d, decoder, section);
        if (result == HS_OK) {
            drain(d, from, decoder);
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
