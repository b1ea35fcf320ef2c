/* TCP options (RFC 9293 3.2, RFC 7323, RFC 2018, RFC 7413, RFC 8684), one after the other. */
#ifndef HS_WIRE_TCP_OPTIONS_H
#define HS_WIRE_TCP_OPTIONS_H

#include <stdbool.h>

#include <handshake/api.h>

/* IANA "TCP Option Kind Numbers" */
typedef enum hs_tcp_option_kind {
    HS_TCP_OPTION_END = 0,
    HS_TCP_OPTION_NO_OPERATION = 1,
    HS_TCP_OPTION_MSS = 2,
    HS_TCP_OPTION_WINDOW_SCALE = 3,
    HS_TCP_OPTION_SACK_PERMITTED = 4,
    HS_TCP_OPTION_TIMESTAMPS = 8,
    HS_TCP_OPTION_MPTCP = 30,
    HS_TCP_OPTION_FAST_OPEN = 34,
    HS_TCP_OPTION_EXPERIMENT = 254,
} hs_tcp_option_kind;

typedef struct hs_tcp_options {
    int mss;          /* -1: not there */
    int window_scale; /* as sent, also above 14; -1: not there */
    bool sack_permitted;
    bool has_timestamps;
    uint32_t timestamp_value;
    uint32_t timestamp_echo;
    bool has_fast_open;        /* RFC 7413, or its experimental form (kind 254, 0xF989) */
    hs_bytes fast_open_cookie; /* empty: the cookie is asked for */
    int mptcp_subtype;         /* -1: no MPTCP option */
    bool malformed;            /* a length that cannot be; what came before it stands */
    int cut_kind;              /* of the option that the bytes end within; -1: none */
} hs_tcp_options;

void hs_tcp_options_read(hs_bytes options, hs_tcp_options *out);

#endif
