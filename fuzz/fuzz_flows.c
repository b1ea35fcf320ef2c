/* Frames of any bytes, in the full mode and, with a key log of another connection, in the light
 * one: traces that hold together, as many as there were connections, and memory within its limit.
 * The input is a run of frames, each with its length (two bytes) and the time since the one before
 * (one byte, in powers of two). */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "decode/flows.h"
#include "trace/build.h"

enum { LINK_RAW = 101, LINK_ETHERNET = 1, HEADER = 3, MEMORY = 1024 * 1024 };

static void check(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void look(void *context, hs_trace *trace)
{
    uint64_t *count = context;
    (*count)++;
    check(trace->capture.present && trace->capture.packets > 0);
    check(trace->target.address && trace->capture.client_address);
    check(trace->target.url || hs_trace_is_light(trace)); /* a line does not show it */
    const hs_accounting *a = &trace->accounting;
    check(!a->present ||
          a->dns + a->network + a->server + a->client + a->tail + a->loss == a->total);
    hs_time last = INT64_MIN;
    for (const hs_event *event = trace->events; event; event = event->next) {
        check(event->name != NULL);
        if (event->layer == HS_LAYER_TCP) {
            check(event->moment.at >= last);
            last = event->moment.at;
        }
    }
    for (size_t i = 0; i < trace->tcp.state_count; i++) {
        check(strcmp(trace->tcp.states[i].from, trace->tcp.states[i].to) != 0);
    }
    hs_trace_free(trace);
}

static void play(const uint8_t *data, size_t size, bool light)
{
    static const char line[] =
        "CLIENT_RANDOM 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00";
    uint64_t count = 0;
    hs_keylog *keylog = light ? hs_keylog_new(0) : NULL;
    if (keylog) {
        check(hs_keylog_add_line(keylog, hs_bytes_of(line, strlen(line))) == HS_OK);
    }
    hs_flows_config config = {.light = light,
                              .keep_bytes = !light,
                              .memory_limit = MEMORY,
                              .handshake_limit = 32 * 1024,
                              .seed = {1, 2},
                              .keylog = keylog,
                              .keylog_complete = size > 0 && data[0] & 2,
                              .connection = look,
                              .context = &count};
    hs_flows *flows = hs_flows_new(&config);
    check(flows != NULL);
    int64_t now = 0;
    uint64_t number = 0;
    int link = size > 0 && data[0] & 1 ? LINK_ETHERNET : LINK_RAW;
    for (size_t at = 1; at + HEADER <= size;) {
        size_t len = (size_t)data[at] << 8 | data[at + 1];
        now += (int64_t)1 << (data[at + 2] % 40);
        at += HEADER;
        len = len < size - at ? len : size - at;
        (void)hs_flows_packet(flows, link, hs_bytes_of(data + at, len), now, ++number);
        at += len;
    }
    hs_flows_finish(flows);
    check(hs_flows_count(flows).connections == count);
    hs_flows_free(flows);
    hs_keylog_free(keylog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play(data, size, false);
    play(data, size, true);
    return 0;
}
