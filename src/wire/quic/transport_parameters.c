/* The registry of transport parameters, what each may not say, and all of them in a row. */
#include "wire/quic/transport_parameters.h"

#include "wire/quic/field.h"
#include "wire/quic/packet.h"
#include "wire/quic/parameter_values.h"

static const hs_quic_parameter_descriptor registry[] = {
#define HS_X(symbol, id, name, kind, is_server_only)                                               \
    {id, name, HS_QUIC_PARAMETER_##kind, is_server_only},
    HS_QUIC_PARAMETER_MAP(HS_X)
#undef HS_X
};

const hs_quic_parameter_descriptor *hs_quic_parameter_descriptor_find(uint64_t id)
{
    size_t low = 0;
    size_t high = sizeof registry / sizeof registry[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (registry[middle].id == id) {
            return &registry[middle];
        }
        if (registry[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const hs_quic_parameter_descriptor *hs_quic_parameter_descriptor_at(size_t index)
{
    return index < sizeof registry / sizeof registry[0] ? &registry[index] : NULL;
}

bool hs_quic_parameter_is_reserved(uint64_t id)
{
    return id % 31 == 27;
}

const char *hs_quic_parameter_name(uint64_t id)
{
    const hs_quic_parameter_descriptor *found = hs_quic_parameter_descriptor_find(id);
    if (found) {
        return found->name;
    }
    return hs_quic_parameter_is_reserved(id) ? "GREASE" : NULL;
}

/* The value under a fault of its own, so that a bad one does not end the list; its notes are then
 * taken back, and it is noted as raw bytes. */
static void read_value(hs_reader *r, hs_quic_parameter *parameter)
{
    uint64_t len = hs_read_varint(r, "Transport Parameter Length");
    hs_reader value = hs_read_block(r, hs_quic_size(len), "Transport Parameter Value");
    if (!hs_reader_ok(r)) {
        return;
    }
    parameter->value = (hs_bytes){value.data, value.len};
    hs_fault fault = {.result = HS_OK};
    hs_notes before = value.notes ? *value.notes : (hs_notes){0};
    hs_reader trial = value;
    trial.fault = &fault;
    hs_quic_read_parameter_value(&trial, parameter);
    if (hs_reader_finish(&trial) == HS_OK) {
        value.pos = trial.pos;
    } else {
        if (value.notes) {
            *value.notes = before;
        }
        (void)hs_read_rest(&value, "value");
        hs_note_meaning(&value, fault.why);
        parameter->malformed = fault.why;
    }
    hs_reader_close(&value);
}

static void read_parameter(hs_reader *r, hs_quic_parameter *parameter)
{
    *parameter = (hs_quic_parameter){0};
    hs_fault fault;
    hs_reader peek = hs_quic_peek(r, &fault);
    const hs_quic_parameter_descriptor *found = hs_quic_parameter_descriptor_find(
        hs_read_varint(&peek, "Transport Parameter ID"));
    size_t group = hs_reader_group_begin(r, found ? found->name : "Transport Parameter");
    parameter->id = hs_read_varint(r, "Transport Parameter ID");
    hs_note_meaning(r, hs_quic_parameter_name(parameter->id));
    parameter->kind = found ? found->kind : HS_QUIC_PARAMETER_OPAQUE;
    read_value(r, parameter);
    hs_reader_group_end(r, group);
}

static bool is_among(const uint64_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

static void count_parameter(hs_quic_transport_parameters *out, const hs_quic_parameter *parameter,
                            uint64_t ids[HS_QUIC_PARAMETERS_MAX])
{
    if (parameter->malformed && out->malformed++ == 0) {
        out->malformed_id = parameter->id;
    }
    size_t compared = out->count < HS_QUIC_PARAMETERS_MAX ? out->count : HS_QUIC_PARAMETERS_MAX;
    if (is_among(ids, compared, parameter->id)) {
        if (out->duplicates++ == 0) {
            out->duplicate_id = parameter->id;
        }
    } else if (out->count >= HS_QUIC_PARAMETERS_MAX) {
        out->unchecked++;
    }
    if (out->count < HS_QUIC_PARAMETERS_MAX) {
        ids[out->count] = parameter->id;
    }
    out->count++;
}

hs_result hs_quic_read_transport_parameters(hs_reader *r, hs_quic_transport_parameters *out)
{
    uint64_t ids[HS_QUIC_PARAMETERS_MAX];
    *out = (hs_quic_transport_parameters){0};
    size_t start = r->pos;
    while (hs_reader_left(r) > 0) {
        hs_quic_parameter parameter;
        read_parameter(r, &parameter);
        if (hs_reader_ok(r)) {
            count_parameter(out, &parameter, ids);
            out->bytes = hs_quic_since(r, start);
        }
    }
    return hs_reader_result(r);
}

bool hs_quic_next_parameter(hs_bytes *bytes, hs_quic_parameter *parameter)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, *bytes, &fault, NULL);
    if (hs_reader_left(&r) == 0) {
        return false;
    }
    read_parameter(&r, parameter);
    *bytes = hs_read_rest(&r, "parameters");
    return hs_reader_ok(&r);
}

bool hs_quic_find_parameter(hs_bytes bytes, uint64_t id, hs_quic_parameter *parameter)
{
    while (hs_quic_next_parameter(&bytes, parameter)) {
        if (parameter->id == id) {
            return true;
        }
    }
    return false;
}

bool hs_quic_parameter_number(hs_bytes bytes, uint64_t id, uint64_t *number)
{
    hs_quic_parameter parameter;
    if (hs_quic_find_parameter(bytes, id, &parameter)) {
        if (parameter.malformed || parameter.kind != HS_QUIC_PARAMETER_INTEGER) {
            return false;
        }
        *number = parameter.number;
        return true;
    }
    return hs_quic_parameter_default(id, number);
}
