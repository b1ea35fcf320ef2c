/* The steps of a probe: each row of this table is one stretch of the way, in a file of its own. */
#ifndef HS_PROBE_STEP_H
#define HS_PROBE_STEP_H

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/trace.h>

typedef struct hs_run hs_run;

/* Which of the user's deadlines a step is under. */
typedef enum hs_deadline {
    HS_DEADLINE_CONNECT,
    HS_DEADLINE_TLS,
    HS_DEADLINE_UPGRADE,
} hs_deadline;

/* QUIC: what happens on streams. Any may be NULL. What `data` has done with is told to
 * hs_run_quic_consume. */
typedef struct hs_step_streams {
    void (*data)(hs_run *run, int64_t stream, hs_bytes bytes, bool fin);
    void (*reset)(hs_run *run, int64_t stream, uint64_t error);
    void (*closed)(hs_run *run, int64_t stream, bool has_error, uint64_t error);
    void (*writable)(hs_run *run, int64_t stream);
    void (*extended)(hs_run *run, bool bidirectional);
} hs_step_streams;

typedef struct hs_step {
    const char *name;
    hs_phase phase; /* the one it begins in; hs_run_set_phase moves on */
    hs_deadline deadline;
    hs_failure_class timed_out;
    hs_failure_class closed; /* the peer's FIN came first */
    hs_failure_class reset;
    void (*start)(hs_run *run);
    /* Plain bytes from the peer; NULL where none can come. */
    void (*received)(hs_run *run, hs_bytes bytes);
    const hs_step_streams *streams; /* over QUIC; may be NULL */
    /* The deadline has passed, in place of a failure with `timed_out`. May be NULL. */
    void (*expired)(hs_run *run);
    /* Says goodbye in the step's own protocol, once the probe is done. May be NULL. */
    void (*leave)(hs_run *run);
    /* Frees what `start` made. May be NULL. */
    void (*end)(hs_run *run);
} hs_step;

extern const hs_step hs_step_connect;
extern const hs_step hs_step_tls;
extern const hs_step hs_step_quic_connect; /* until the server's first datagram */
extern const hs_step hs_step_quic;
extern const hs_step hs_step_http3;
extern const hs_step hs_step_http; /* chooses one of the next two by ALPN */
extern const hs_step hs_step_http1;
extern const hs_step hs_step_http2;
extern const hs_step hs_step_websocket; /* chooses the next one, or the two behind it, as that */
extern const hs_step hs_step_websocket_http1;
extern const hs_step hs_step_websocket_settings; /* HTTP/2, until the server's SETTINGS */
extern const hs_step hs_step_websocket_http2;

#endif
