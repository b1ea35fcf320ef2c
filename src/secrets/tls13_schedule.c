#include "secrets/tls13_schedule.h"

#include <openssl/crypto.h>

#include "base/reader.h"

static const char *const secret_labels[] = {
#define HS_X(symbol, label) label,
    HS_TLS13_SECRET_MAP(HS_X)
#undef HS_X
};

static size_t hash_len(const EVP_MD *md)
{
    return (size_t)EVP_MD_get_size(md);
}

static hs_result expand_label(const EVP_MD *md, hs_bytes secret, const char *label,
                              hs_bytes context, hs_secret *out)
{
    hs_secret made = {.len = hash_len(md)};
    hs_result result = hs_hkdf_expand_label(md, secret, label, context, made.data, made.len);
    if (result == HS_OK) {
        *out = made;
    }
    hs_secret_wipe(&made);
    return result;
}

hs_result hs_tls13_schedule_start(hs_tls13_schedule *schedule, const EVP_MD *md, hs_bytes psk)
{
    static const uint8_t zeros[EVP_MAX_MD_SIZE];
    schedule->md = md;
    hs_bytes ikm = psk.len > 0 ? psk : hs_bytes_of(zeros, hash_len(md));
    return hs_hkdf_extract(md, (hs_bytes){0}, ikm, &schedule->secret);
}

hs_result hs_tls13_schedule_next(hs_tls13_schedule *schedule, hs_bytes ecdhe)
{
    static const uint8_t zeros[EVP_MAX_MD_SIZE];
    hs_secret salt;
    hs_result result = hs_tls13_derive(schedule, HS_TLS13_DERIVED, (hs_bytes){0}, &salt);
    if (result != HS_OK) {
        return result;
    }
    hs_bytes ikm = ecdhe.len > 0 ? ecdhe : hs_bytes_of(zeros, hash_len(schedule->md));
    result = hs_hkdf_extract(schedule->md, hs_secret_bytes(&salt), ikm, &schedule->secret);
    hs_secret_wipe(&salt);
    return result;
}

hs_result hs_tls13_derive(const hs_tls13_schedule *schedule, hs_tls13_secret which,
                          hs_bytes transcript_hash, hs_secret *out)
{
    uint8_t of_nothing[EVP_MAX_MD_SIZE];
    if (transcript_hash.len == 0) {
        if (!EVP_Digest("", 0, of_nothing, NULL, schedule->md, NULL)) {
            return HS_CRYPTO;
        }
        transcript_hash = hs_bytes_of(of_nothing, hash_len(schedule->md));
    }
    return expand_label(schedule->md, hs_secret_bytes(&schedule->secret), secret_labels[which],
                        transcript_hash, out);
}

void hs_tls13_schedule_wipe(hs_tls13_schedule *schedule)
{
    hs_secret_wipe(&schedule->secret);
}

hs_result hs_tls13_traffic_keys(const EVP_MD *md, hs_bytes traffic_secret, uint8_t *key,
                                size_t key_len, uint8_t *iv, size_t iv_len)
{
    hs_result result = hs_hkdf_expand_label(md, traffic_secret, "key", (hs_bytes){0}, key, key_len);
    if (result == HS_OK) {
        result = hs_hkdf_expand_label(md, traffic_secret, "iv", (hs_bytes){0}, iv, iv_len);
    }
    return result;
}

hs_result hs_tls13_finished(const EVP_MD *md, hs_bytes base_secret, hs_bytes transcript_hash,
                            hs_secret *out)
{
    hs_secret key;
    hs_result result = expand_label(md, base_secret, "finished", (hs_bytes){0}, &key);
    if (result == HS_OK) {
        /* HKDF-Extract is HMAC with the salt as its key. */
        result = hs_hkdf_extract(md, hs_secret_bytes(&key), transcript_hash, out);
    }
    hs_secret_wipe(&key);
    return result;
}

hs_result hs_tls13_next_traffic_secret(const EVP_MD *md, hs_secret *traffic_secret)
{
    return expand_label(md, hs_secret_bytes(traffic_secret), "traffic upd", (hs_bytes){0},
                        traffic_secret);
}

hs_result hs_tls13_resumption_psk(const EVP_MD *md, hs_bytes resumption_master,
                                  hs_bytes ticket_nonce, hs_secret *out)
{
    return expand_label(md, resumption_master, "resumption", ticket_nonce, out);
}
