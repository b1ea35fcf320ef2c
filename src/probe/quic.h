/* A run over QUIC: its datagram socket, its session, and the addresses that are tried in turn.
 *
 * ngtcp2 drives the connection; what crosses the socket goes into the decoder, and the trace is
 * made from that. */
#ifndef HS_PROBE_QUIC_H
#define HS_PROBE_QUIC_H

#include <uv.h>

#include <handshake/trace.h>

#include "decode/quic.h"
#include "net/connect.h"
#include "net/quic_session.h"
#include "net/udp_socket.h"

typedef struct hs_run hs_run;

enum {
    HS_RUN_QUIC_ADDRESSES_MAX = 32,
    HS_RUN_QUIC_DATAGRAMS_MAX = 4096, /* sent ones whose kernel stamp is asked for */
};

typedef struct hs_run_quic {
    hs_connect_attempt attempts[HS_RUN_QUIC_ADDRESSES_MAX];
    size_t address_count; /* found so far */
    size_t attempt_count; /* begun so far: the last one is the one at work */
    bool all_found;
    bool waits_for_address; /* all found so far have failed, and the other family may answer */

    hs_udp_socket *socket;
    hs_quic_session *session;
    hs_quic_decoder *decoder;
    hs_quic_crypto *crypto;
    uv_timer_t expiry;   /* the session's deadline */
    uv_timer_t patience; /* with an address, where others wait */
    bool has_timers;

    uint64_t ends[HS_RUN_QUIC_DATAGRAMS_MAX]; /* where each sent datagram ends in the stream */
    size_t sent;                              /* datagrams of the attempt at work */
    bool has_answer;
    bool is_completed; /* the handshake; confirmed: RFC 9001 4.1.2 */
    bool is_confirmed;
    bool settles; /* completed, and the run is to be told so by hs_run_quic_settle */
    bool is_closed;
    int os_errno;  /* of the last ICMP; 0 none */
    bool moves_on; /* the attempt at work has failed, and another address waits */

    hs_connector *tcp_check; /* whether TCP answers where QUIC did not */
} hs_run_quic;

/* quic_attempt.c: the addresses, one after another. */
HS_CHECKED hs_result hs_run_quic_start(hs_run *run);
/* The attempt at work has failed. Where no other address is left, the run fails so. May be called
 * from within the session's call-backs. */
void hs_run_quic_attempt_failed(hs_run *run, hs_failure_class cls, int os_errno,
                                const char *message);
/* What a call of the session left to be done; to be called once it has returned `result`. */
void hs_run_quic_settle(hs_run *run, hs_result result);
/* No more stamps and packets come; before the trace is finished. Gives the decoder's result. */
hs_result hs_run_quic_finish(hs_run *run);
/* Frees all but the memory of `run->quic`, in which timers still close. */
void hs_run_quic_close(hs_run *run);

/* quic_transport.c: socket, tap, session, step. */
hs_quic_path hs_run_quic_path(const hs_udp_path *ends);
hs_udp_events hs_run_udp_events(hs_run *run);
hs_quic_session_events hs_run_quic_events(hs_run *run);

/* Bytes of a stream that were done with: the peer may send as many more. */
void hs_run_quic_consume(hs_run *run, int64_t stream, size_t len);

/* step_quic.c: news of the session. */
void hs_run_quic_established(hs_run *run);
void hs_run_quic_confirmed(hs_run *run);
void hs_run_quic_ended(hs_run *run, const hs_quic_end *end);
/* Says goodbye: once the handshake is confirmed, or was not for as long as a goodbye may take. */
void hs_run_quic_leave(hs_run *run);

/* quic_silence.c: no datagram came; looks whether TCP answers, and says so. */
void hs_run_quic_silent(hs_run *run);
/* Its own deadline has passed. */
void hs_run_quic_silent_too(hs_run *run);

#endif
