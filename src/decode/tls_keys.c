/* Which keys protect a record, and taking the protection off. */
#include <string.h>

#include <openssl/crypto.h>

#include "decode/tls_state.h"

void hs_tls_enter(hs_tls_direction *direction, hs_tls_epoch epoch)
{
    hs_record_protection_free(direction->protection);
    direction->protection = NULL;
    if (direction->next && epoch == HS_TLS_EPOCH_HANDSHAKE) {
        direction->protection = direction->next;
    } else {
        hs_record_protection_free(direction->next);
    }
    direction->next = NULL;
    direction->epoch = epoch;
}

static const char *secret_label(hs_side side, hs_tls_epoch epoch)
{
    static const char *const labels[][2] = {
        [HS_TLS_EPOCH_EARLY] = {"CLIENT_EARLY_TRAFFIC_SECRET", NULL},
        [HS_TLS_EPOCH_HANDSHAKE] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                    "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
        [HS_TLS_EPOCH_APPLICATION] = {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
    };
    return labels[epoch][side];
}

static hs_bytes find_secret(const hs_tls_decoder *d, const char *label, const uint8_t *random)
{
    if (!d->keylog || !label) {
        return (hs_bytes){0};
    }
    return hs_keylog_find(d->keylog, label, hs_tls_random(random));
}

/* Makes the protection of a TLS 1.3 epoch unless it is there. HS_NO_KEY: its secret is unknown. */
static hs_result have_tls13(const hs_tls_decoder *d, hs_side side, hs_tls_epoch epoch,
                            hs_record_protection **protection)
{
    if (*protection) {
        return HS_OK;
    }
    if (!d->has_server_hello) {
        return HS_NO_KEY;
    }
    hs_bytes secret = find_secret(d, secret_label(side, epoch), d->first_random);
    if (secret.len == 0) {
        return HS_NO_KEY;
    }
    return d->version == HS_TLS_1_3 ? hs_record_protection_new_tls13(d->cipher, secret, protection)
                                    : HS_INVALID;
}

/* Early data has the suite of the PSK, which no message names: the one that fits. */
static hs_result unprotect_early(hs_tls_decoder *d, hs_tls_direction *direction, hs_bytes record,
                                 hs_record_content *content)
{
    if (direction->protection) {
        return hs_record_unprotect(direction->protection, record, d->scratch, content);
    }
    hs_bytes secret = find_secret(d, secret_label(HS_CLIENT, HS_TLS_EPOCH_EARLY), d->first_random);
    if (secret.len == 0) {
        return HS_NO_KEY;
    }
    for (size_t i = 0; i < d->tls13_suite_count; i++) {
        hs_record_protection *protection = NULL;
        hs_result result = hs_record_protection_new_tls13(d->tls13_suites[i], secret, &protection);
        if (result == HS_OK) {
            result = hs_record_unprotect(protection, record, d->scratch, content);
        }
        if (result == HS_OK) {
            direction->protection = protection;
            return HS_OK;
        }
        hs_record_protection_free(protection);
        if (result == HS_NO_MEMORY) {
            return result;
        }
    }
    return HS_MALFORMED;
}

/* A later epoch's keys, tried on its first record. */
static hs_result try_epoch(hs_tls_decoder *d, hs_tls_direction *direction, hs_tls_epoch epoch,
                           hs_bytes record, hs_record_content *content)
{
    hs_record_protection *protection = NULL;
    hs_result result = have_tls13(d, direction->side, epoch, &protection);
    if (result == HS_OK) {
        result = hs_record_unprotect(protection, record, d->scratch, content);
    }
    if (result != HS_OK) {
        hs_record_protection_free(protection);
        return result;
    }
    hs_tls_enter(direction, epoch);
    direction->protection = protection;
    return HS_OK;
}

/* The client may be sending early data still, or be past it: its end shows by EndOfEarlyData, or,
 * where the server rejected it, only by the keys that fit. */
static hs_result unprotect_early_or_later(hs_tls_decoder *d, hs_tls_direction *direction,
                                          hs_bytes record, hs_record_content *content)
{
    hs_result early = unprotect_early(d, direction, record, content);
    if (early == HS_OK || early == HS_NO_MEMORY) {
        return early;
    }
    hs_result result = have_tls13(d, direction->side, HS_TLS_EPOCH_HANDSHAKE, &direction->next);
    if (result == HS_OK) {
        result = hs_record_unprotect(direction->next, record, d->scratch, content);
    }
    if (result == HS_OK) {
        /* Without EndOfEarlyData: it was rejected, or could not be read. */
        hs_application_forget_client(d->application);
        hs_tls_enter(direction, HS_TLS_EPOCH_HANDSHAKE);
        return HS_OK;
    }
    /* One of the two keys is missing: it may be the one that fits. */
    return early == HS_NO_KEY ? HS_NO_KEY : result;
}

static hs_result unprotect_tls13(hs_tls_decoder *d, hs_tls_direction *direction, hs_bytes record,
                                 hs_record_content *content)
{
    hs_result result;
    if (direction->epoch == HS_TLS_EPOCH_EARLY) {
        result = unprotect_early_or_later(d, direction, record, content);
    } else {
        result = have_tls13(d, direction->side, direction->epoch, &direction->protection);
        if (result == HS_OK) {
            result = hs_record_unprotect(direction->protection, record, d->scratch, content);
        }
    }
    /* No more keys are coming: those of later epochs may be there all the same. */
    if (result == HS_NO_KEY && d->is_finishing && direction->epoch == HS_TLS_EPOCH_HANDSHAKE) {
        result = try_epoch(d, direction, HS_TLS_EPOCH_APPLICATION, record, content);
        result = result == HS_OK ? HS_OK : HS_NO_KEY;
    }
    return result;
}

static hs_result have_tls12(const hs_tls_decoder *d, hs_tls_direction *direction)
{
    if (direction->protection) {
        return HS_OK;
    }
    const hs_tls_cipher_state *state = &direction->cipher;
    hs_bytes master = find_secret(d, "CLIENT_RANDOM", state->client_random);
    if (master.len == 0 && state->has_session_random) {
        /* GnuTLS logs it once, at the full handshake. */
        master = find_secret(d, "CLIENT_RANDOM", state->session_random);
    }
    if (master.len == 0) {
        return HS_NO_KEY;
    }
    hs_tls12_session session = {.version = state->version,
                                .cipher_suite = state->cipher,
                                .encrypt_then_mac = state->encrypt_then_mac,
                                .master_secret = master,
                                .client_random = hs_tls_random(state->client_random),
                                .server_random = hs_tls_random(state->server_random)};
    return hs_record_protection_new_tls12(&session, direction->side == HS_CLIENT,
                                          &direction->protection);
}

static bool has_secret(const hs_tls_decoder *d, const char *label, const uint8_t *random)
{
    return find_secret(d, label, random).len > 0;
}

bool hs_tls_decoder_has_keys(const hs_tls_decoder *decoder)
{
    const hs_tls_decoder *d = decoder;
    if (!d->has_client_hello) {
        return false; /* secrets go by its random */
    }
    bool has_any = has_secret(d, "CLIENT_RANDOM", d->client_random) ||
                   (d->resumption.has_random &&
                    has_secret(d, "CLIENT_RANDOM", d->resumption.random));
    for (hs_tls_epoch epoch = HS_TLS_EPOCH_EARLY; epoch <= HS_TLS_EPOCH_APPLICATION; epoch++) {
        has_any = has_any || has_secret(d, secret_label(HS_CLIENT, epoch), d->first_random) ||
                  has_secret(d, secret_label(HS_SERVER, epoch), d->first_random);
    }
    return has_any;
}

hs_result hs_tls_unprotect(hs_tls_decoder *d, hs_tls_direction *direction, hs_bytes record,
                           hs_record_content *content)
{
    if (hs_keylog_count(d->keylog) == 0) {
        return HS_NO_KEY;
    }
    if (!d->scratch) {
        d->scratch = OPENSSL_malloc(HS_TLS_CIPHERTEXT_MAX);
    }
    if (!d->scratch) {
        return HS_NO_MEMORY;
    }
    if (direction->epoch != HS_TLS_EPOCH_CIPHER) {
        return unprotect_tls13(d, direction, record, content);
    }
    hs_result result = have_tls12(d, direction);
    if (result == HS_OK) {
        result = hs_record_unprotect(direction->protection, record, d->scratch, content);
    }
    return result;
}
