/* What the tests of the TLS codecs share: bytes from hex, and readers over them. */
#ifndef HS_TESTS_WIRE_TLS_SUPPORT_H
#define HS_TESTS_WIRE_TLS_SUPPORT_H

#include "bytes_support.h"
#include "tls_samples.h"
#include "wire/tls/message.h"

static inline const tls_sample *tls_sample_named(const char *name)
{
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        if (strcmp(tls_samples[i].name, name) == 0) {
            return &tls_samples[i];
        }
    }
    fail_msg("no sample \"%s\"", name);
    return NULL;
}

static inline hs_result tls_read_message(hs_bytes bytes, uint16_t version,
                                         hs_tls_key_exchange key_exchange, hs_notes *notes,
                                         hs_fault *fault, hs_tls_message *out)
{
    hs_reader r;
    hs_tls_message_context context = {version, key_exchange};
    hs_reader_init(&r, bytes, fault, notes);
    return hs_tls_message_read(&r, &context, out);
}

/* Reads a sample that must be right; `bytes` is for wire_free. */
static inline void tls_read_sample(const char *name, hs_bytes *bytes, hs_tls_message *out)
{
    const tls_sample *sample = tls_sample_named(name);
    hs_fault fault;
    *bytes = wire_unhex(sample->hex);
    assert_int_equal(
        tls_read_message(*bytes, sample->version, sample->key_exchange, NULL, &fault, out), HS_OK);
}

#endif
