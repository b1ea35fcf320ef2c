/* The dynamic tables of QPACK (RFC 9204) by libnghttp3, from encoder streams. How many insertions a
 * section needs is told modulo a number that follows from the table's largest capacity (4.5.1.1),
 * which the receiving side's SETTINGS say; so what needs the table waits for these. A client that
 * sends early data goes by the SETTINGS of an earlier connection, which the server must say again
 * (3.2.3). */
#include "decode/http3_state.h"

enum {
    CAPACITY_UNKNOWN = 64 * 1024, /* where no SETTINGS were seen */
    DECODER_STREAM_MAX = 64,      /* bytes: one acknowledgement and one increment */
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
}

nghttp3_qpack_decoder *hs_h3_qpack_still(hs_http3_decoder *d)
{
    return make(&d->still, 0) ? d->still : NULL;
}

void hs_h3_qpack_renew_still(hs_http3_decoder *d)
{
    unmake(&d->still);
}

void hs_h3_qpack_break(hs_http3_decoder *d, hs_side from, const char *why)
{
    hs_h3_qpack *qpack = &d->qpack[from];
    if (!qpack->broken) {
        qpack->broken = why;
        unmake(&qpack->decoder);
    }
}

nghttp3_qpack_decoder *hs_h3_qpack_table(hs_http3_decoder *d, hs_side from)
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

void hs_h3_qpack_drain(hs_http3_decoder *d, hs_side from)
{
    nghttp3_qpack_decoder *decoder = d->qpack[from].decoder;
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
    nghttp3_qpack_decoder *decoder = hs_h3_qpack_table(d, from);
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
