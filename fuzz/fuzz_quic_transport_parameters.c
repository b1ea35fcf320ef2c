/* Any bytes as transport parameters: each that has its kind's form is written, and what was written
 * is read to the same. */
#include <stdlib.h>

#include "wire/quic/transport_parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_parameter(const hs_quic_parameter *parameter)
{
    static uint8_t first[1 << 18];
    static uint8_t second[1 << 18];
    hs_writer w;
    hs_writer_init(&w, first, sizeof first);
    (void)hs_quic_parameter_problem(parameter, false);
    (void)hs_quic_parameter_problem(parameter, true);
    if (parameter->malformed) {
        return;
    }
    must(hs_quic_write_parameter(&w, parameter) == HS_OK);
    hs_bytes bytes = hs_writer_bytes(&w);
    hs_quic_parameter again;
    must(hs_quic_next_parameter(&bytes, &again) && bytes.len == 0);
    must(again.id == parameter->id && again.kind == parameter->kind && !again.malformed);
    hs_writer w2;
    hs_writer_init(&w2, second, sizeof second);
    must(hs_quic_write_parameter(&w2, &again) == HS_OK);
    must(hs_bytes_equal(hs_writer_bytes(&w), hs_writer_bytes(&w2)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16) {
        return 0;
    }
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_quic_transport_parameters all;
    hs_reader_init(&r, hs_bytes_of(data, size), &fault, &notes);
    hs_result result = hs_quic_read_transport_parameters(&r, &all);
    must((result == HS_OK) == (all.bytes.len == size));
    must(all.duplicates + all.unchecked <= all.count && all.malformed <= all.count);
    size_t count = 0;
    size_t malformed = 0;
    hs_quic_parameter parameter;
    for (hs_bytes left = all.bytes; hs_quic_next_parameter(&left, &parameter);) {
        check_parameter(&parameter);
        malformed += parameter.malformed ? 1 : 0;
        count++;
    }
    must(count == all.count && malformed == all.malformed);
    uint64_t number = 0;
    (void)hs_quic_parameter_number(all.bytes, HS_QUIC_PARAMETER_ID_MAX_ACK_DELAY, &number);
    return 0;
}
