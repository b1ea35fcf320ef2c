/* The values of transport parameters (RFC 9000 18.2, RFC 9368 3), read beside write. */
#include "wire/quic/parameter_values.h"

#include <string.h>

#include "wire/quic/field.h"
#include "wire/quic/packet.h"

/* Both addresses and ports, the length of the connection ID, and the token. */
enum { PREFERRED_ADDRESS_LEN = 4 + 2 + 16 + 2 + 1 + HS_QUIC_STATELESS_RESET_TOKEN_LEN };

static void read_address(hs_reader *r, uint8_t *address, size_t len, const char *field)
{
    hs_bytes bytes = hs_read_bytes(r, len, field);
    if (bytes.len == len) {
        memcpy(address, bytes.data, len);
    }
}

static void read_preferred_address(hs_reader *r, hs_quic_preferred_address *preferred)
{
    read_address(r, preferred->ipv4, sizeof preferred->ipv4, "IPv4 Address");
    preferred->ipv4_port = hs_read_u16(r, "IPv4 Port");
    read_address(r, preferred->ipv6, sizeof preferred->ipv6, "IPv6 Address");
    preferred->ipv6_port = hs_read_u16(r, "IPv6 Port");
    uint8_t len = hs_read_u8(r, "Connection ID Length");
    preferred->connection_id = hs_read_bytes(r, len, "Connection ID");
    preferred->stateless_reset_token = hs_read_bytes(r, HS_QUIC_STATELESS_RESET_TOKEN_LEN,
                                                     "Stateless Reset Token");
}

static uint32_t read_version(hs_reader *r, const char *field)
{
    uint32_t version = hs_read_u32(r, field);
    hs_note_meaning(r, hs_quic_version_name(version));
    return version;
}

static void read_version_information(hs_reader *r, hs_quic_version_information *versions)
{
    versions->chosen = read_version(r, "Chosen Version");
    size_t start = r->pos;
    while (hs_reader_left(r) > 0) {
        (void)read_version(r, "Available Version");
    }
    versions->available = hs_quic_since(r, start);
}

void hs_quic_read_parameter_value(hs_reader *r, hs_quic_parameter *parameter)
{
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        parameter->number = hs_read_varint(r, "value");
        break;
    case HS_QUIC_PARAMETER_EMPTY:
        break;
    case HS_QUIC_PARAMETER_CONNECTION_ID:
        if (hs_reader_left(r) > HS_QUIC_CONNECTION_ID_MAX) {
            hs_reader_fail(r, "value", "a connection ID of more than 20 bytes");
        }
        (void)hs_read_rest(r, "value");
        break;
    case HS_QUIC_PARAMETER_TOKEN:
        (void)hs_read_bytes(r, HS_QUIC_STATELESS_RESET_TOKEN_LEN, "value");
        break;
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        read_preferred_address(r, &parameter->preferred);
        break;
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        read_version_information(r, &parameter->versions);
        break;
    case HS_QUIC_PARAMETER_OPAQUE:
        (void)hs_read_rest(r, "value");
        break;
    }
}

bool hs_quic_parameter_default(uint64_t id, uint64_t *number)
{
    switch (id) {
    case HS_QUIC_PARAMETER_ID_MAX_UDP_PAYLOAD_SIZE:
        *number = 65527;
        return true;
    case HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT:
        *number = 3;
        return true;
    case HS_QUIC_PARAMETER_ID_MAX_ACK_DELAY:
        *number = 25;
        return true;
    case HS_QUIC_PARAMETER_ID_ACTIVE_CONNECTION_ID_LIMIT:
        *number = 2;
        return true;
    case HS_QUIC_PARAMETER_ID_MAX_IDLE_TIMEOUT:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_DATA:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAM_DATA_UNI:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_BIDI:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_UNI:
    case HS_QUIC_PARAMETER_ID_MAX_DATAGRAM_FRAME_SIZE:
        *number = 0;
        return true;
    default:
        return false;
    }
}

/* The length of what write_value writes. */
static size_t value_len(const hs_quic_parameter *parameter)
{
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        return hs_quic_varint_size(parameter->number);
    case HS_QUIC_PARAMETER_EMPTY:
        return 0;
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        return PREFERRED_ADDRESS_LEN + parameter->preferred.connection_id.len;
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        return sizeof(uint32_t) + parameter->versions.available.len;
    default:
        return parameter->value.len;
    }
}

static void write_preferred_address(hs_writer *w, const hs_quic_preferred_address *preferred)
{
    hs_write_bytes(w, hs_bytes_of(preferred->ipv4, sizeof preferred->ipv4));
    hs_write_u16(w, preferred->ipv4_port);
    hs_write_bytes(w, hs_bytes_of(preferred->ipv6, sizeof preferred->ipv6));
    hs_write_u16(w, preferred->ipv6_port);
    hs_quic_write_connection_id(w, preferred->connection_id);
    hs_write_bytes(w, preferred->stateless_reset_token);
}

static void write_value(hs_writer *w, const hs_quic_parameter *parameter)
{
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        hs_write_varint(w, parameter->number);
        break;
    case HS_QUIC_PARAMETER_EMPTY:
        break;
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        write_preferred_address(w, &parameter->preferred);
        break;
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        hs_write_u32(w, parameter->versions.chosen);
        hs_write_bytes(w, parameter->versions.available);
        break;
    default:
        hs_write_bytes(w, parameter->value);
    }
}

static bool value_can_be(const hs_quic_parameter *parameter)
{
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_CONNECTION_ID:
        return parameter->value.len <= HS_QUIC_CONNECTION_ID_MAX;
    case HS_QUIC_PARAMETER_TOKEN:
        return parameter->value.len == HS_QUIC_STATELESS_RESET_TOKEN_LEN;
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        return parameter->preferred.connection_id.len <= UINT8_MAX &&
               parameter->preferred.stateless_reset_token.len == HS_QUIC_STATELESS_RESET_TOKEN_LEN;
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        return parameter->versions.available.len % sizeof(uint32_t) == 0;
    default:
        return true;
    }
}

hs_result hs_quic_write_parameter(hs_writer *w, const hs_quic_parameter *parameter)
{
    if (!value_can_be(parameter)) {
        return HS_INVALID;
    }
    hs_write_varint(w, parameter->id);
    hs_write_varint(w, value_len(parameter));
    write_value(w, parameter);
    return hs_writer_result(w);
}

hs_result hs_quic_write_parameter_number(hs_writer *w, uint64_t id, uint64_t number)
{
    hs_quic_parameter parameter = {.id = id, .kind = HS_QUIC_PARAMETER_INTEGER, .number = number};
    return hs_quic_write_parameter(w, &parameter);
}

hs_result hs_quic_write_parameter_bytes(hs_writer *w, uint64_t id, hs_bytes value)
{
    hs_quic_parameter parameter = {.id = id, .kind = HS_QUIC_PARAMETER_OPAQUE, .value = value};
    return hs_quic_write_parameter(w, &parameter);
}
