/* HPACK (RFC 7541) by libnghttp2: from field block fragments to what is telling in them. The state
 * that both ends keep follows their SETTINGS, so it is followed here too. */
#include "decode/application_state.h"

enum { TABLE_SIZE_MAX = 64 * 1024 }; /* of the dynamic table, whatever a peer allows */

void hs_app_http2_fields_free(hs_app_side *side)
{
    if (side->http2.inflater) {
        nghttp2_hd_inflate_del(side->http2.inflater);
        side->http2.inflater = NULL;
    }
}

static bool has_inflater(hs_app_side *side)
{
    hs_app_http2 *http2 = &side->http2;
    if (!http2->inflater && nghttp2_hd_inflate_new(&http2->inflater) != 0) {
        http2->inflater = NULL;
        http2->is_broken = true;
    }
    return !http2->is_broken;
}

/* A setting for what a side may be sent counts from the peer's acknowledgement on, which stands in
 * the same direction as the field blocks that it is about. */
void hs_app_http2_table_size(hs_application *app, hs_app_side *side, const hs_http2_frame *frame)
{
    if (frame->header.type != HS_HTTP2_SETTINGS) {
        return;
    }
    if (!(frame->header.flags & HS_HTTP2_FLAG_ACK)) {
        hs_app_http2 *http2 = &side->http2;
        hs_bytes content = frame->content;
        hs_http2_setting setting;
        uint32_t size = UINT32_MAX; /* not set */
        while (hs_http2_next_setting(&content, &setting)) {
            if (setting.id == HS_HTTP2_SETTING_HEADER_TABLE_SIZE) {
                size = setting.value < TABLE_SIZE_MAX ? setting.value : TABLE_SIZE_MAX;
            }
        }
        if (http2->table_size_count < HS_APP_TABLE_SIZES_MAX) {
            http2->table_sizes[http2->table_size_count++] = size;
        }
        return;
    }
    hs_app_http2 *peer = &hs_app_other(app, side)->http2;
    if (peer->table_size_count == 0) {
        return;
    }
    uint32_t size = peer->table_sizes[0];
    peer->table_size_count--;
    for (size_t i = 0; i < peer->table_size_count; i++) {
        peer->table_sizes[i] = peer->table_sizes[i + 1];
    }
    if (size != UINT32_MAX && has_inflater(side) &&
        nghttp2_hd_inflate_change_table_size(side->http2.inflater, size) != 0) {
        side->http2.is_broken = true;
    }
}

static void set_fact(hs_application *app, hs_app_side *side, hs_bytes name, hs_bytes value)
{
    hs_app_tunnel_field(app, side, name, value);
    if (side->from == HS_SERVER) {
        hs_app_learn_answer(app, "HTTP/2", &side->http2.block_is_fact, name, value);
    } else if (hs_bytes_are(name, ":authority")) {
        hs_app_learn_host(app, value);
    } else if (hs_bytes_are(name, ":path")) {
        hs_app_learn_path(app, value);
    }
}

/* HS_OK, or HS_MALFORMED where the fragment cannot be decompressed. */
static hs_result inflate(hs_application *app, hs_app_side *side, hs_event *event, hs_bytes fragment,
                         bool is_final)
{
    nghttp2_hd_inflater *inflater = side->http2.inflater;
    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, fragment.data, fragment.len,
                                              is_final);
        if (used < 0) {
            return HS_MALFORMED;
        }
        fragment.data += used;
        fragment.len -= (size_t)used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            hs_bytes name = {field.name, field.namelen};
            hs_bytes value = {field.value, field.valuelen};
            hs_app_add_field(app, event, name, value);
            set_fact(app, side, name, value);
        } else if ((flags & NGHTTP2_HD_INFLATE_FINAL) || fragment.len == 0 || used == 0) {
            return HS_OK;
        }
    }
}

void hs_app_http2_fields(hs_application *app, hs_app_side *side, hs_event *event, hs_bytes fragment,
                         bool is_final)
{
    hs_app_http2 *http2 = &side->http2;
    if (!http2->in_block) {
        http2->block_is_fact = false;
        http2->block = (hs_app_block){.stream = http2->header.stream_id};
    }
    if (!has_inflater(side) || inflate(app, side, event, fragment, is_final) != HS_OK) {
        http2->is_broken = true;
        hs_app_add_text(app, event, "fields", "cannot be decompressed");
    }
    http2->in_block = !is_final;
    if (is_final && !http2->is_broken) {
        (void)nghttp2_hd_inflate_end_headers(http2->inflater);
    }
}
