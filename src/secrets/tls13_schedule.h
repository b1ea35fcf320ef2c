/* TLS 1.3's key schedule (RFC 8446 7): from PSK and (EC)DHE, with the transcript's hashes, to every
 * secret and key. Transcript hashes are the caller's. */
#ifndef HS_SECRETS_TLS13_SCHEDULE_H
#define HS_SECRETS_TLS13_SCHEDULE_H

#include "secrets/hkdf.h"

/* The labels of Derive-Secret, in the order of the schedule. X(symbol, label) */
#define HS_TLS13_SECRET_MAP(X)                                                                     \
    X(EXTERNAL_BINDER, "ext binder")                                                               \
    X(RESUMPTION_BINDER, "res binder")                                                             \
    X(CLIENT_EARLY_TRAFFIC, "c e traffic")                                                         \
    X(EARLY_EXPORTER_MASTER, "e exp master")                                                       \
    X(CLIENT_HANDSHAKE_TRAFFIC, "c hs traffic")                                                    \
    X(SERVER_HANDSHAKE_TRAFFIC, "s hs traffic")                                                    \
    X(CLIENT_APPLICATION_TRAFFIC, "c ap traffic")                                                  \
    X(SERVER_APPLICATION_TRAFFIC, "s ap traffic")                                                  \
    X(EXPORTER_MASTER, "exp master")                                                               \
    X(RESUMPTION_MASTER, "res master")                                                             \
    X(DERIVED, "derived")

typedef enum hs_tls13_secret {
#define HS_X(symbol, label) HS_TLS13_##symbol,
    HS_TLS13_SECRET_MAP(HS_X)
#undef HS_X
} hs_tls13_secret;

/* One stage of the schedule: Early, Handshake or Master Secret. */
typedef struct hs_tls13_schedule {
    const EVP_MD *md;
    hs_secret secret;
} hs_tls13_schedule;

/* Early Secret. `psk` empty: there is none. `md` must outlive the schedule. */
HS_CHECKED hs_result hs_tls13_schedule_start(hs_tls13_schedule *schedule, const EVP_MD *md,
                                             hs_bytes psk);
/* To the next stage: with the (EC)DHE secret to the Handshake Secret, without to the Master Secret
 * (or, with a PSK alone, to the Handshake Secret). */
HS_CHECKED hs_result hs_tls13_schedule_next(hs_tls13_schedule *schedule, hs_bytes ecdhe);
/* Derive-Secret from this stage. `transcript_hash` empty: the hash of nothing. */
HS_CHECKED hs_result hs_tls13_derive(const hs_tls13_schedule *schedule, hs_tls13_secret which,
                                     hs_bytes transcript_hash, hs_secret *out);
void hs_tls13_schedule_wipe(hs_tls13_schedule *schedule);

/* [sender]_write_key and _iv of a traffic secret (7.3). */
HS_CHECKED hs_result hs_tls13_traffic_keys(const EVP_MD *md, hs_bytes traffic_secret, uint8_t *key,
                                           size_t key_len, uint8_t *iv, size_t iv_len);
/* verify_data of a Finished, or a PSK binder (4.4.4). */
HS_CHECKED hs_result hs_tls13_finished(const EVP_MD *md, hs_bytes base_secret,
                                       hs_bytes transcript_hash, hs_secret *out);
/* application_traffic_secret_N+1 (7.2). */
HS_CHECKED hs_result hs_tls13_next_traffic_secret(const EVP_MD *md, hs_secret *traffic_secret);
/* The PSK of a ticket (4.6.1). */
HS_CHECKED hs_result hs_tls13_resumption_psk(const EVP_MD *md, hs_bytes resumption_master,
                                             hs_bytes ticket_nonce, hs_secret *out);

#endif
