/* One failure of the catalogue: what is done at the far end, how it is probed, and what the prober
 * must say of it.
 *
 * A case names one kind of far end: a script over TCP, one of the lab's own servers, a QUIC server
 * that fails at a chosen point, hand-made datagrams, or none of them.
 */
#ifndef HS_LAB_FAILURE_CASE_H
#define HS_LAB_FAILURE_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include <handshake/probe.h>
#include <handshake/serve.h>

/* Addresses behind the server's host, to which it is the way. */
#define HS_LAB_DROPPED_IPV4 "10.98.0.1"     /* it drops what is for this one */
#define HS_LAB_UNREACHABLE_IPV4 "10.98.0.2" /* it answers: host unreachable */
#define HS_LAB_PROHIBITED_IPV4 "10.98.0.3"  /* it answers: administratively prohibited */
#define HS_LAB_FORBIDDEN_IPV4 "10.97.0.1"   /* the client's own routes forbid it */

/* --- certificates --- */

/* X(symbol, file) */
#define HS_LAB_CERTIFICATE_MAP(X)                                                                  \
    X(GOOD, "good")                                                                                \
    X(EXPIRED, "expired")                                                                          \
    X(NOT_YET_VALID, "not-yet-valid")                                                              \
    X(OTHER_NAME, "other-name")                                                                    \
    X(SELF_SIGNED, "self-signed")                                                                  \
    X(STRANGER, "stranger")    /* of a CA that the client does not know */                         \
    X(WEAK, "weak")            /* RSA 1024 */                                                      \
    X(NOT_PERMITTED, "beyond") /* for an address that its CA may not vouch for */                  \
    X(FORGED, "forged")        /* the CA that it names has not signed it */

typedef enum hs_lab_certificate {
#define HS_X(symbol, file) HS_CERTIFICATE_##symbol,
    HS_LAB_CERTIFICATE_MAP(HS_X)
#undef HS_X
        HS_CERTIFICATE_COUNT
} hs_lab_certificate;

enum { HS_LAB_PATH_MAX = 96 };

/* Mints them all, the CA as "ca.pem" (what the client trusts) and a revocation of the good one as
 * "revoked.ocsp", into `folder`. HS_SYSTEM, HS_CRYPTO with `problem` filled. */
HS_CHECKED hs_result hs_lab_certificates_mint(const char *folder, hs_problem *problem);
/* The PEM file of a certificate and its key. */
const char *hs_lab_certificate_file(const char *folder, hs_lab_certificate certificate,
                                    char path[HS_LAB_PATH_MAX]);

/* --- a script over TCP --- */

typedef enum hs_script_act {
    HS_ACT_CLOSE,   /* FIN, in peace: what still comes is read. The end of every script */
    HS_ACT_RESET,   /* RST. An end */
    HS_ACT_SILENCE, /* nothing more, until the client goes. An end */
    HS_ACT_READ,    /* what comes, once */
    HS_ACT_RECORD,  /* one whole TLS record: the ClientHello */
    HS_ACT_HEAD,    /* an HTTP request's head */
    HS_ACT_SEND,
    HS_ACT_UPGRADE,      /* 101 with the right Sec-WebSocket-Accept, and `bytes` as its end */
    HS_ACT_SERVER_HELLO, /* the first record of a true server's flight */
    HS_ACT_FLIGHT,       /* the whole of it but for its last bytes */
    HS_ACT_CORRUPT,      /* the whole of it with one bit of its end changed */
    HS_ACT_TLS,          /* the TLS handshake; what follows is within it */
} hs_script_act;

enum { HS_SCRIPT_ACTS_MAX = 6 };

typedef struct hs_script_line {
    hs_script_act act;
    hs_bytes bytes;
} hs_script_line;

/* How its TLS server is; all zero: one that any client gets on with. */
typedef struct hs_script_tls {
    hs_lab_certificate certificate;
    int version; /* TLS1_2_VERSION: that one alone */
    const char *ciphers;
    const char *groups;
    const char *alpn; /* the one protocol that it speaks; NULL: it ignores the list */
    bool wants_client_certificate;
    bool refuses_name;
    bool staples_revocation;
} hs_script_tls;

typedef struct hs_script {
    hs_script_line lines[HS_SCRIPT_ACTS_MAX];
    hs_script_tls tls;
} hs_script;

/* --- the lab's own server --- */

typedef struct hs_real_server {
    hs_service service;
    hs_lab_certificate certificate;
    const char *quic_versions;
} hs_real_server;

/* --- QUIC --- */

typedef struct hs_quic_script {
    const char *alpn;
    hs_bytes control;       /* on its control stream, once the handshake is done */
    bool has_error;         /* closes with an error when a request has come … */
    bool refuses;           /* … or when the client's first datagram has */
    uint64_t error;         /* of the application, or of the transport with `refuses` */
    const char *reason;     /* NULL: none */
    bool resets_request;    /* RESET_STREAM with `error` */
    bool forgets;           /* loses all state when the handshake is done, as in a restart */
    bool has_foreign_retry; /* another before it asks for Retry, and does not tell it */
} hs_quic_script;

/* Datagrams made by hand, in answer to each of the client's first packets. */
typedef enum hs_datagrams {
    HS_DATAGRAMS_NONE,
    HS_DATAGRAMS_SWALLOWED,       /* nothing; TCP on the same port is open */
    HS_DATAGRAMS_RETRY_FOR_EVER,  /* Retry after Retry */
    HS_DATAGRAMS_TOKEN_REFUSED,   /* Retry, and INVALID_TOKEN for what it gave */
    HS_DATAGRAMS_OTHER_VERSIONS,  /* Version Negotiation with none that the client has */
    HS_DATAGRAMS_FORBIDDEN_FRAME, /* an Initial packet with a STREAM frame */
    HS_DATAGRAMS_ACK_ALONE,       /* an Initial packet with an ACK */
    HS_DATAGRAMS_NOISE,           /* bytes that are no packet */
} hs_datagrams;

/* --- the case --- */

/* Which of the prober's deadlines is near; the others are far. */
typedef enum hs_near_deadline {
    HS_NEAR_NONE,
    HS_NEAR_CONNECT,
    HS_NEAR_TLS,
    HS_NEAR_UPGRADE,
    HS_NEAR_ALL,
} hs_near_deadline;

typedef struct hs_failure_case {
    const char *name;
    const char *done;     /* what is done to make it happen, one sentence */
    hs_failure_class cls; /* what the prober must say */
    hs_phase phase;       /* and where */
    const char *scheme;   /* of the URL */
    const char *host;     /* NULL: the server */
    bool has_full_queue;  /* a listener that accepts nothing and whose queue is full */
    bool has_no_files;    /* the client may open no further file */
    bool is_simultaneous; /* the server's SYN crosses the client's, and a reset follows */
    const hs_script *script;
    const hs_real_server *server;
    const hs_quic_script *quic;
    hs_datagrams datagrams;
    hs_near_deadline near;
    hs_probe_options probe; /* what is not zero counts; its deadlines are those of `near` */
} hs_failure_case;

/* The catalogue, by class in the order of the registry. */
size_t hs_failure_case_count(void);
const hs_failure_case *hs_failure_case_at(size_t index);
/* Why nothing in the catalogue gives this class; NULL where something does. */
const char *hs_failure_not_made(hs_failure_class cls);

/* Its parts; each ends with an all-zero row. */
extern const hs_failure_case hs_failure_cases_network[];
extern const hs_failure_case hs_failure_cases_tls[];
extern const hs_failure_case hs_failure_cases_http[];
extern const hs_failure_case hs_failure_cases_quic[];

/* --- the far end of one case --- */

typedef struct hs_far_place {
    const hs_failure_case *row;
    const char *folder; /* of the certificates */
    int port;
    int parent; /* a byte is written to it when the far end is ready; it may be readable then */
} hs_far_place;

/* Each serves at the lab's server's address until its process is ended; it returns where it could
 * not begin. The process stands at the server's side. */
void hs_far_script(const hs_far_place *place);
void hs_far_server(const hs_far_place *place);
void hs_far_quic(const hs_far_place *place);
void hs_far_datagrams(const hs_far_place *place);
void hs_far_full_queue(const hs_far_place *place);
void hs_far_simultaneous(const hs_far_place *place);
/* Answers names below "lab.test", by their first label: "nxdomain", "nodata", "servfail",
 * "refused", "silent"; any other has the server's address. Its port is 53. */
void hs_far_names(const hs_far_place *place);

/* What they have in common. */
void hs_far_is_ready(const hs_far_place *place);
/* A TCP socket that listens at the server's address, or a UDP socket bound there; -1 with errno. */
int hs_far_listen(int port, int backlog);
int hs_far_bind_udp(int port);

#endif
