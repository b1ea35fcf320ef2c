/* TCP, and what only a capture tells: the client, both ends' options and states, and how much of
 * the connection was seen. */
#include "base/time_text.h"
#include "report/facts.h"
#include "report/json_parts.h"

json_t *hs_json_client(hs_json *json, const hs_capture_facts *capture)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "address", capture->client_address);
    if (capture->client_port != 0) {
        hs_json_integer(json, object, "port", capture->client_port);
    }
    return object;
}

static void set_count(hs_json *json, json_t *object, const char *key, uint64_t count)
{
    if (count > 0) {
        hs_json_integer(json, object, key, (int64_t)count);
    }
}

json_t *hs_json_capture(hs_json *json, const hs_capture_facts *capture)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "file", capture->file);
    hs_json_integer(json, object, "first_packet", (int64_t)capture->first_packet);
    hs_json_integer(json, object, "packets", (int64_t)capture->packets);
    hs_json_bool(json, object, "midstream", capture->midstream);
    set_count(json, object, "missing_bytes", capture->missing_bytes);
    set_count(json, object, "truncated_packets", capture->truncated_packets);
    set_count(json, object, "conflicting_bytes", capture->conflicting_bytes);
    return object;
}

static json_t *side_object(hs_json *json, const hs_tcp_side *side)
{
    json_t *object = hs_json_object(json);
    hs_json_integer(json, object, "isn", side->isn);
    if (side->mss >= 0) {
        hs_json_integer(json, object, "mss", side->mss);
    }
    if (side->window_scale >= 0) {
        hs_json_integer(json, object, "window_scale", side->window_scale);
    }
    hs_json_seen(json, object, "sack", side->sack);
    hs_json_seen(json, object, "timestamps", side->timestamps);
    hs_json_seen(json, object, "ecn", side->ecn);
    hs_json_seen(json, object, "mptcp", side->mptcp);
    hs_json_text(json, object, "fast_open", side->fast_open);
    return object;
}

static json_t *states_array(hs_json *json, const hs_tcp_facts *tcp)
{
    json_t *array = hs_json_array(json);
    for (size_t i = 0; i < tcp->state_count; i++) {
        const hs_tcp_transition *step = &tcp->states[i];
        json_t *object = hs_json_object(json);
        hs_json_ms(json, object, "at_ms", step->at);
        hs_json_text(json, object, "side", step->side == HS_CLIENT ? "client" : "server");
        hs_json_text(json, object, "from", step->from);
        hs_json_text(json, object, "to", step->to);
        hs_json_append(json, array, object);
    }
    return array;
}

static void set_options(hs_json *json, json_t *object, const hs_tcp_facts *tcp)
{
    if (tcp->client.seen) {
        hs_json_set(json, object, "client", side_object(json, &tcp->client));
    }
    if (tcp->server.seen) {
        hs_json_set(json, object, "server", side_object(json, &tcp->server));
    }
    if (tcp->mss > 0) {
        hs_json_integer(json, object, "mss", tcp->mss);
    }
    hs_json_seen(json, object, "window_scale", tcp->window_scale);
    hs_json_seen(json, object, "sack", tcp->sack);
    hs_json_seen(json, object, "timestamps", tcp->timestamps);
    hs_json_seen(json, object, "ecn", tcp->ecn);
}

static void set_number(hs_json *json, json_t *object, const char *key, int64_t number)
{
    if (number >= 0) {
        hs_json_integer(json, object, key, number);
    }
}

json_t *hs_json_tcp(hs_json *json, const hs_tcp_facts *tcp)
{
    json_t *object = hs_json_object(json);
    set_options(json, object, tcp);
    set_number(json, object, "rtt_us", tcp->rtt_us);
    hs_json_ms(json, object, "rtt_server_ms", tcp->rtt_server);
    hs_json_ms(json, object, "rtt_client_ms", tcp->rtt_client);
    set_number(json, object, "syn_retransmits", tcp->syn_retransmits);
    set_number(json, object, "syn_ack_retransmits", tcp->syn_ack_retransmits);
    set_number(json, object, "retransmits", tcp->retransmits);
    hs_json_text(json, object, "fast_open", tcp->fast_open);
    hs_json_seen(json, object, "syn_data_acknowledged", tcp->syn_data_acknowledged);
    hs_json_text(json, object, "congestion_control", tcp->congestion_control);
    hs_json_text(json, object, "ended", tcp->ended);
    if (tcp->state_count > 0) {
        hs_json_set(json, object, "states", states_array(json, tcp));
    }
    return object;
}
