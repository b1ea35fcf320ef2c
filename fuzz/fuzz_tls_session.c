/* Any bytes to a TLS client and to a TLS server, in pieces: an outcome is told once, and nothing
 * after it. The first byte chooses the side and the size of the pieces. */
#include <stdlib.h>

#include <openssl/err.h>

#include "../tests/net/mint.h"
#include "base/reader.h"
#include "net/tls_session.h"

typedef struct witness {
    int established;
    int failed;
} witness;

static hs_tls_context *contexts[2];

static void on_output(void *context, hs_bytes bytes)
{
    if (((witness *)context)->failed || bytes.len == 0) {
        abort();
    }
}

static void on_plaintext(void *context, hs_bytes bytes)
{
    on_output(context, bytes);
}

static void on_established(void *context)
{
    witness *seen = context;
    if (seen->failed || seen->established++) {
        abort();
    }
}

static void on_failed(void *context, const hs_tls_failure *failure)
{
    witness *seen = context;
    if (seen->failed++ || !hs_failure_describe(failure->cls) || !failure->message[0]) {
        abort();
    }
}

static void make_contexts(void)
{
    hs_problem problem;
    char *folder = mint_folder();
    mint leaf = mint_leaf(NULL);
    char *path = mint_write(folder, "server.pem", leaf.certificate, NULL, leaf.key);
    hs_probe_options options = {.cacert = path};
    if (hs_tls_context_new_client(&options, &contexts[0], &problem) != HS_OK ||
        hs_tls_context_new_server(path, path, &contexts[1], &problem) != HS_OK) {
        abort();
    }
    free(path);
    mint_free(&leaf);
    mint_remove_folder(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    witness seen = {0, 0};
    const hs_tls_session_events events = {.context = &seen,
                                          .output = on_output,
                                          .plaintext = on_plaintext,
                                          .established = on_established,
                                          .failed = on_failed};
    hs_tls_session *session = NULL;
    if (!contexts[0]) {
        make_contexts();
    }
    if (size == 0) {
        return 0;
    }
    size_t step = (size_t)(data[0] >> 1) * 16 + 1;
    if (hs_tls_session_new(contexts[data[0] & 1], "host.example", "h2,http/1.1", &events,
                           &session) != HS_OK ||
        hs_tls_session_start(session) != HS_OK) {
        abort();
    }
    for (size_t at = 1; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (hs_tls_session_feed(session, hs_bytes_of(data + at, len)) != HS_OK) {
            abort();
        }
    }
    hs_tls_session_transport_ended(session, false);
    if (!seen.failed && !seen.established) {
        abort();
    }
    hs_tls_session_free(session);
    ERR_clear_error();
    return 0;
}
