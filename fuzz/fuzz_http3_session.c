/* HTTP/3 sessions, fed with streams as QUIC gives them: in order, none after its end. The first
 * byte chooses the side and how much the transport takes; then each piece has a byte that says what
 * it is (the stream in its lowest three bits, then the kind of event) and, for bytes, their length.
 * Nothing is sent that there is no room for or behind an end, and no more is given back than came.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/http3_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IDS = 64, BODY = 5000 };

typedef enum piece_kind { PIECE_BYTES, PIECE_END, PIECE_CLOSED, PIECE_ROOM } piece_kind;

/* Of one stream. */
typedef struct lane {
    size_t fed;
    size_t consumed;
    bool is_over; /* the peer's half */
    bool has_end; /* ours */
    bool is_reset;
    unsigned ends;
} lane;

typedef struct bench {
    hs_http3_session *session;
    bool is_server;
    int64_t next_bidi;
    int64_t next_uni;
    size_t room;
    size_t sum; /* of what was sent */
    lane lanes[IDS];
} bench;

/* What a peer can open, and requests of our own. */
static const int64_t peer_streams[2][8] = {{0, 4, 3, 7, 11, 15, 1, 19},
                                           {0, 4, 8, 2, 6, 10, 14, 18}};

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static lane *lane_of(bench *b, int64_t stream)
{
    must(stream >= 0 && stream < IDS);
    return &b->lanes[stream];
}

static hs_result open_stream(void *context, bool bidirectional, int64_t *stream)
{
    bench *b = context;
    int64_t *next = bidirectional ? &b->next_bidi : &b->next_uni;
    must(!bidirectional || !b->is_server);
    *stream = *next;
    *next += 4;
    return HS_OK;
}

static size_t room(void *context, int64_t stream)
{
    const bench *b = context;
    (void)stream;
    return b->room;
}

static hs_result send_bytes(void *context, int64_t stream, hs_bytes bytes, bool fin)
{
    bench *b = context;
    lane *l = lane_of(b, stream);
    must(!l->has_end && bytes.len <= b->room);
    if (l->is_reset) {
        return HS_INVALID;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        b->sum += bytes.data[i]; /* all of it is there to be read */
    }
    b->room -= bytes.len;
    l->has_end = fin;
    return HS_OK;
}

static void on_stop(void *context, int64_t stream, uint64_t error)
{
    must(error >= 0x100);
    lane_of(context, stream)->is_over = true;
}

static void on_reset(void *context, int64_t stream, uint64_t error)
{
    must(error >= 0x100);
    lane_of(context, stream)->is_reset = true;
}

static void on_consume(void *context, int64_t stream, size_t len)
{
    lane *l = lane_of(context, stream);
    l->consumed += len;
    must(len > 0 && l->consumed <= l->fed);
}

static void on_field(void *context, int64_t stream, hs_bytes name, hs_bytes value)
{
    must(lane_of(context, stream)->ends == 0 && name.len > 0);
    must(value.len <= HS_HTTP3_FIELD_SECTION_MAX);
}

static void on_head(void *context, int64_t stream, bool fin)
{
    static const uint8_t body[BODY];
    static const hs_http3_field fields[] = {{":status", "200"}, {"content-type", "text/plain"}};
    bench *b = context;
    (void)fin;
    must(lane_of(b, stream)->ends == 0);
    if (b->is_server) {
        hs_result result = hs_http3_session_respond(b->session, stream, fields, 2,
                                                    hs_bytes_of(body, sizeof body));
        (void)result; /* trailers come here, too: an answer is under way already */
    }
}

static void on_body(void *context, int64_t stream, hs_bytes bytes)
{
    must(lane_of(context, stream)->ends == 0 && bytes.len > 0);
}

static void on_end(void *context, int64_t stream)
{
    must(lane_of(context, stream)->ends++ == 0);
}

static void begin(bench *b, uint8_t how)
{
    const hs_http3_transport transport = {.context = b,
                                          .open = open_stream,
                                          .room = room,
                                          .send = send_bytes,
                                          .stop = on_stop,
                                          .reset = on_reset,
                                          .consume = on_consume};
    const hs_http3_session_events events = {
        .context = b, .field = on_field, .head = on_head, .body = on_body, .message_end = on_end};
    b->is_server = how & 1;
    b->next_bidi = b->is_server ? 1 : 0;
    b->next_uni = b->is_server ? 3 : 2;
    b->room = (size_t)(how >> 1) * 64;
    if (hs_http3_session_new(b->is_server, &transport, &events, &b->session) != HS_OK) {
        abort();
    }
    must(hs_http3_session_start(b->session) == HS_OK);
}

static void ask(bench *b)
{
    static const hs_http3_field get[] = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/"}};
    static const hs_http3_field head[] = {
        {":method", "HEAD"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/"}};
    int64_t stream;
    if (!b->is_server) {
        must(hs_http3_session_request(b->session, get, 4, &stream) == HS_OK);
        must(hs_http3_session_request(b->session, head, 4, &stream) == HS_OK);
    }
}

/* One piece; false where the connection is to be closed. */
static bool take(bench *b, piece_kind kind, int64_t stream, hs_bytes bytes)
{
    lane *l = lane_of(b, stream);
    hs_result result = HS_OK;
    if (kind == PIECE_ROOM) {
        b->room += 1024;
        result = hs_http3_session_flush(b->session);
        for (int64_t id = 0; result == HS_OK && id < IDS; id++) {
            result = hs_http3_session_writable(b->session, id);
        }
    } else if (kind == PIECE_CLOSED) {
        l->is_over = true;
        l->has_end = true;
        result = hs_http3_session_closed(b->session, stream, 0x10c);
    } else if (!l->is_over) {
        l->fed += bytes.len;
        l->is_over = kind == PIECE_END;
        result = hs_http3_session_data(b->session, stream, bytes, kind == PIECE_END);
    }
    must(result == HS_OK || result == HS_MALFORMED);
    return result == HS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench b = {.room = 0};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, (hs_bytes){data, size}, &fault, NULL);
    begin(&b, hs_read_u8(&r, "how"));
    ask(&b);
    bool goes_on = true;
    while (goes_on && hs_reader_left(&r) > 0) {
        uint8_t what = hs_read_u8(&r, "what");
        piece_kind kind = (piece_kind)(what >> 3 & 3);
        hs_bytes bytes = {0};
        if (kind == PIECE_BYTES || kind == PIECE_END) {
            size_t len = hs_read_u8(&r, "length");
            size_t left = hs_reader_left(&r);
            bytes = hs_read_bytes(&r, len < left ? len : left, "bytes");
        }
        goes_on = take(&b, kind, peer_streams[b.is_server][what & 7], bytes);
    }
    if (!goes_on) {
        must(hs_http3_session_error(b.session) >= 0x100);
        must(hs_http3_session_error_text(b.session)[0] != '\0');
        must(hs_http3_session_data(b.session, 0, (hs_bytes){0}, false) == HS_MALFORMED);
    } else if (b.is_server) {
        must(hs_http3_session_shut_down(b.session) == HS_OK);
    }
    hs_http3_session_free(b.session);
    return 0;
}
