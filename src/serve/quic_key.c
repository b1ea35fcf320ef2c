/* The secret of the server's QUIC tokens, kept over restarts. */
#include "serve/quic_key.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "net/file.h"

static const char file_name[] = "quic-key";

hs_result hs_quic_key_make(uint8_t secret[HS_QUIC_SECRET_LEN], hs_problem *problem)
{
    if (RAND_bytes(secret, HS_QUIC_SECRET_LEN) != 1) {
        return hs_problem_set(problem, HS_CRYPTO, "QUIC: no random bytes for its secret");
    }
    return HS_OK;
}

static hs_result make_and_keep(const hs_state_folder *folder, uint8_t secret[HS_QUIC_SECRET_LEN],
                               hs_problem *problem)
{
    hs_result result = hs_quic_key_make(secret, problem);
    if (result == HS_OK) {
        result = hs_state_folder_write(folder, file_name, 0600,
                                       (hs_bytes){secret, HS_QUIC_SECRET_LEN}, problem);
    }
    return result;
}

hs_result hs_quic_key_load(const hs_state_folder *folder, uint8_t secret[HS_QUIC_SECRET_LEN],
                           hs_problem *problem)
{
    hs_buffer file;
    hs_buffer_init(&file, HS_STATE_FILE_MAX);
    hs_result result = hs_state_folder_read(folder, file_name, true, &file, problem);
    hs_bytes kept = hs_buffer_bytes(&file);
    if (result == HS_OK && kept.len == HS_QUIC_SECRET_LEN) {
        memcpy(secret, kept.data, HS_QUIC_SECRET_LEN);
    } else if (result == HS_OK && kept.len > 0) {
        result = hs_problem_set(problem, HS_INVALID,
                                "%s/%s: damaged; remove it to have a new one made", folder->path,
                                file_name);
    } else if (result == HS_OK) {
        result = make_and_keep(folder, secret, problem);
    }
    if (file.data) {
        OPENSSL_cleanse(file.data, file.capacity);
    }
    hs_buffer_free(&file);
    return result;
}
