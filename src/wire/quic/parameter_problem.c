/* What a transport parameter may not say (RFC 9000 7.4 and 18.2, RFC 9368 4). */
#include "wire/quic/packet.h"
#include "wire/quic/transport_parameters.h"

static const char *number_problem(const hs_quic_parameter *parameter)
{
    switch (parameter->id) {
    case HS_QUIC_PARAMETER_ID_MAX_UDP_PAYLOAD_SIZE:
        return parameter->number < 1200 ? "is below 1200" : NULL;
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_BIDI:
    case HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_UNI:
        return parameter->number > UINT64_C(1) << 60 ? "is above 2^60" : NULL;
    case HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT:
        return parameter->number > 20 ? "is above 20" : NULL;
    case HS_QUIC_PARAMETER_ID_MAX_ACK_DELAY:
        return parameter->number >= UINT64_C(1) << 14 ? "is not below 2^14" : NULL;
    case HS_QUIC_PARAMETER_ID_ACTIVE_CONNECTION_ID_LIMIT:
        return parameter->number < 2 ? "is below 2" : NULL;
    default:
        return NULL;
    }
}

/* RFC 9368 4. A server may leave its chosen version out of those that it has (3). */
static const char *versions_problem(const hs_quic_parameter *parameter, bool from_server)
{
    uint32_t version = 0;
    hs_bytes available = parameter->versions.available;
    bool is_zero = parameter->versions.chosen == 0;
    bool is_included = from_server || parameter->id != HS_QUIC_PARAMETER_ID_VERSION_INFORMATION;
    while (hs_quic_next_version(&available, &version)) {
        is_zero = is_zero || version == 0;
        is_included = is_included || version == parameter->versions.chosen;
    }
    if (is_zero) {
        return "names version 0";
    }
    return is_included ? NULL : "has a chosen version that is not an available one";
}

const char *hs_quic_parameter_problem(const hs_quic_parameter *parameter, bool from_server)
{
    const hs_quic_parameter_descriptor *found = hs_quic_parameter_descriptor_find(parameter->id);
    if (found && found->is_server_only && !from_server) {
        return "is not for a client to send";
    }
    if (parameter->malformed) {
        return parameter->malformed;
    }
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        return number_problem(parameter);
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS: {
        size_t len = parameter->preferred.connection_id.len;
        return len < 1 || len > HS_QUIC_CONNECTION_ID_MAX
                   ? "has a connection ID of not 1 to 20 bytes"
                   : NULL;
    }
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        return versions_problem(parameter, from_server);
    default:
        return NULL;
    }
}
