/* One run of a probe: one connection from name to answer, step by step, under its deadlines.
 *
 * A run drives libraries; it does not tell the story. What crosses the socket goes through the tap
 * into the decoder, and the trace is made from that.
 */
#ifndef HS_PROBE_RUN_H
#define HS_PROBE_RUN_H

#include <stdio.h>
#include <uv.h>

#include <handshake/probe.h>

#include "base/buffer.h"
#include "decode/decoder.h"
#include "net/clock.h"
#include "net/connect.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "net/tls_session.h"
#include "probe/addresses.h"
#include "probe/packets.h"
#include "probe/quic.h"
#include "probe/step.h"
#include "probe/url.h"
#include "trace/build.h"

/* What a run borrows from its prober. */
typedef struct hs_run_setup {
    uv_loop_t *loop;
    const hs_probe_options *options;
    hs_resolver *resolver;
    hs_tls_context *tls_context;   /* NULL where the scheme has no TLS */
    hs_quic_context *quic_context; /* NULL where it has no QUIC */
    const hs_url *url;
    FILE *keylog_file;       /* NULL: none */
    hs_packets *packets;     /* NULL: none */
    hs_bytes ticket;         /* offered if not empty */
    const char *ticket_alpn; /* what was negotiated with it; NULL none */
    bool send_early;         /* the request goes as early data */
    bool wants_ticket;       /* stay until a ticket has come */
} hs_run_setup;

/* Why a run whose steps are done is still there. */
typedef enum hs_linger {
    HS_LINGER_NONE,
    HS_LINGER_VERDICT, /* TLS 1.3: the server may still refuse the client's certificate */
    HS_LINGER_TICKET,  /* the ticket follows the handshake */
    HS_LINGER_CONFIRM, /* QUIC: the server confirms the handshake */
    HS_LINGER_GOODBYE, /* the peer may answer our close */
    HS_LINGER_CHECK,   /* QUIC was silent: does TCP answer? */
} hs_linger;

enum { HS_TOLD_ESTABLISHED = 1, HS_TOLD_CLOSED = 2, HS_TOLD_FAILED = 4 };

struct hs_run {
    hs_run_setup setup;
    hs_timeline timeline;
    hs_trace *trace;
    hs_decoder *decoder; /* NULL over QUIC, which has its own for each attempt */
    hs_keylog *keylog;
    bool keys_grew;
    hs_run_packets packets;

    const hs_step *step;
    size_t step_index;
    hs_phase phase;
    void *exchange; /* what the step for the application protocol keeps */

    const hs_step *early_step; /* it has sent its request as early data */
    size_t early_index;        /* of the step before it */
    bool in_early_start;       /* and is doing so just now */
    hs_buffer early;           /* what it sent, for the case that it is rejected */

    uv_timer_t deadline;
    uv_timer_t overall;
    unsigned open_handles; /* timers that the loop has not closed yet */

    hs_run_addresses addresses;
    hs_phase addresses_phase;
    hs_resolution *resolution;
    hs_connector *connector;
    hs_moment resolved; /* when the resolver was done */
    hs_socket *socket;
    bool transport_deferred; /* Fast Open: the SYN leaves with the first data */
    bool peer_ended;
    hs_run_quic *quic; /* NULL over TCP */
    hs_tls_session *tls;
    bool tls_established;
    bool tls_closed; /* the peer's close_notify came */
    bool tls_failed;
    hs_tls_failure tls_failure;
    hs_buffer plain; /* from the peer, until OpenSSL has returned and the step may answer */
    unsigned told;   /* what of the above has been acted on: HS_TOLD_… */
    bool is_pumping;

    hs_linger linger;
    bool said_goodbye; /* nothing is sent after it */
    bool finished;     /* the outcome is known */
    bool over;         /* nothing is left to wait for */
    hs_result result;
};

/* Makes the run and takes its first step. HS_NO_MEMORY or HS_SYSTEM. */
HS_CHECKED hs_result hs_run_start(const hs_run_setup *setup, hs_run **out);
/* Whether the loop need not run any more for it. */
bool hs_run_is_over(const hs_run *run);
/* Closes everything, turns the loop until that is done, and gives the finished trace (NULL: out of
 * memory). The ticket of the session, if any, is copied to `ticket` and its ALPN to `alpn`. */
hs_trace *hs_run_end(hs_run *run, hs_buffer *ticket, char alpn[32]);

/* For steps. */
hs_moment hs_run_now(const hs_run *run);
void hs_run_set_phase(hs_run *run, hs_phase phase);
/* Plain bytes for the peer: through TLS where there is TLS, as early data where that is asked. */
void hs_run_send(hs_run *run, hs_bytes bytes);
void hs_run_step_done(hs_run *run);
/* Goes on with another step in place of this one. */
void hs_run_become(hs_run *run, const hs_step *step);
/* Lets the step after this one send its request as early data. */
void hs_run_start_early(hs_run *run);
/* The application protocol that was, or will be, negotiated; NULL where none. */
const char *hs_run_alpn(const hs_run *run);
/* Stays for what may still come: a round trip, and the time that a goodbye may take. */
void hs_run_linger(hs_run *run, hs_linger why);
void hs_run_linger_for(hs_run *run, hs_linger why, hs_time time);
void hs_run_fail(hs_run *run, hs_failure_class cls, const char *format, ...) HS_PRINTF(3, 4);
/* The step's deadline has passed; `came` says of the peer what there was in place of a whole answer
 * ("did not finish …"), NULL: nothing. */
void hs_run_expire(hs_run *run, const char *came);
/* This host could not go on: HS_NO_MEMORY, HS_LIMIT, HS_SYSTEM. */
void hs_run_give_up(hs_run *run, hs_result result);
/* "a.example port 443 (192.0.2.1)", for messages. */
const char *hs_run_peer(hs_run *run);

/* The way of the bytes (transport.c). */
/* The connection is there: the tap goes between it and everything else. */
void hs_run_take_socket(hs_run *run, int fd);
hs_tls_session_events hs_run_tls_events(hs_run *run);
/* Acts on what OpenSSL's call-backs left: to be called once it has returned. */
void hs_run_pump_tls(hs_run *run);
/* The TLS handshake is done (step_tls.c). */
void hs_run_tls_established(hs_run *run);

/* A line for the key log (transport.c). */
void hs_run_note_secret(hs_run *run, const char *line);
/* Looks again at what waits for keys, where new ones have come. */
void hs_run_look_for_keys(hs_run *run);
/* Ends what the step at work, or the early one, keeps. */
void hs_run_end_exchange(hs_run *run);
/* Whether no step follows the one at work. */
bool hs_run_is_last_step(const hs_run *run);
/* Closes a timer of the run; the run is not freed before it is closed. */
void hs_run_open_timer(hs_run *run, uv_timer_t *timer);
void hs_run_close_timer(uv_timer_t *timer);

/* Facts of the TCP connection from the kernel (tcp_facts.c). */
void hs_run_note_established(hs_run *run, const hs_connect_attempt *attempt);
void hs_run_note_attempts(hs_run *run);
void hs_run_note_tcp_end(hs_run *run);

#endif
