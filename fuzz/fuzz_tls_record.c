/* TLS records one after the other, what they hold that needs no context, and the SSLv2 ClientHello.
 * Whatever is read is written as it was. */
#include <stdlib.h>

#include "wire/tls/alert.h"
#include "wire/tls/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void must_be_written(const hs_writer *w, const uint8_t *from, size_t len)
{
    must(hs_writer_result(w) == HS_OK);
    must(hs_bytes_equal(hs_writer_bytes(w), hs_bytes_of(from, len)));
}

static void read_inside(const hs_tls_record *record, hs_notes *notes)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_alert alert;
    uint8_t type = 0;
    hs_reader_init(&r, record->fragment, &fault, notes);
    if (record->type == HS_TLS_ALERT && hs_tls_alert_read(&r, &alert) == HS_OK) {
        (void)hs_tls_alert_level_name(alert.level);
    } else if (record->type == HS_TLS_CHANGE_CIPHER_SPEC) {
        must(hs_tls_change_cipher_spec_read(&r, &type) != HS_OK || record->fragment.len == 1);
    }
}

static void read_ssl2(const uint8_t *data, size_t size, hs_notes *notes)
{
    static uint8_t out[40000];
    hs_fault fault;
    hs_reader r;
    hs_tls_ssl2_client_hello hello;
    hs_reader_init(&r, hs_bytes_of(data, size), &fault, notes);
    if (hs_tls_ssl2_client_hello_read(&r, &hello) == HS_OK) {
        hs_writer w;
        must(hs_tls_ssl2_client_hello_detect(hs_bytes_of(data, size)) == HS_OK);
        hs_writer_init(&w, out, sizeof(out));
        hs_tls_ssl2_client_hello_write(&w, &hello);
        must_be_written(&w, data, w.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[HS_TLS_RECORD_MAX];
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = 64};
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    hs_reader_init(&r, hs_bytes_of(data, size), &fault, &notes);
    for (size_t at = 0; at < size; at = size - hs_reader_left(&r)) {
        size_t record_size = hs_tls_record_size(hs_bytes_of(data + at, size - at));
        if (hs_tls_record_read(&r, &record) != HS_OK) {
            must(record_size == 0 || record_size > size - at);
            break;
        }
        must(record_size == HS_TLS_RECORD_HEADER + record.fragment.len);
        hs_writer w;
        hs_writer_init(&w, out, sizeof(out));
        hs_tls_record_write(&w, &record);
        must_be_written(&w, data + at, w.len);
        read_inside(&record, &notes);
    }
    read_ssl2(data, size, &notes);
    return 0;
}
