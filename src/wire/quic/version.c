#include "wire/quic/version.h"

#include <stdio.h>
#include <string.h>

const char *hs_quic_version_name(uint32_t version)
{
    switch (version) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_QUIC_VERSION_MAP(HS_X)
#undef HS_X
    default:
        return hs_quic_version_is_reserved(version) ? "GREASE" : NULL;
    }
}

const char *hs_quic_version_text(uint32_t version, char text[HS_QUIC_VERSION_TEXT_SIZE])
{
    unsigned draft = 0;
    if (version == HS_QUIC_V1 || version == HS_QUIC_V2) {
        (void)snprintf(text, HS_QUIC_VERSION_TEXT_SIZE, "%s", hs_quic_version_name(version));
    } else if (hs_quic_version_is_draft(version, &draft)) {
        (void)snprintf(text, HS_QUIC_VERSION_TEXT_SIZE, "draft-%02u", draft & 0xff);
    } else {
        (void)snprintf(text, HS_QUIC_VERSION_TEXT_SIZE, "0x%08x", (unsigned)version);
    }
    return text;
}

bool hs_quic_version_parse(const char *text, size_t len, uint32_t *version)
{
    static const struct {
        const char *name;
        uint32_t value;
    } names[] = {
#define HS_X(symbol, value, name) {name, value},
        HS_QUIC_VERSION_MAP(HS_X)
#undef HS_X
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, text, len) == 0) {
            *version = names[i].value;
            return true;
        }
    }
    uint32_t value = 0;
    if (len < 3 || len > 10 || memcmp(text, "0x", 2) != 0) {
        return false;
    }
    for (size_t i = 2; i < len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits,
                                   text[i] >= 'A' && text[i] <= 'F' ? text[i] + 32 : text[i]);
        if (!digit || text[i] == '\0') {
            return false;
        }
        value = value << 4 | (uint32_t)(digit - digits);
    }
    *version = value;
    return value != 0;
}

bool hs_quic_version_is_known(uint32_t version)
{
    return hs_quic_version_name(version) && !hs_quic_version_is_reserved(version);
}

bool hs_quic_version_is_reserved(uint32_t version)
{
    return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

bool hs_quic_version_is_draft(uint32_t version, unsigned *number)
{
    *number = version & 0xff;
    return version >> 8 == 0xff0000 && *number > 0;
}

uint8_t hs_quic_long_type_bits(uint32_t version, hs_quic_packet_type type)
{
    unsigned bits = (unsigned)type & 3;
    return (uint8_t)(version == HS_QUIC_V2 ? (bits + 1) & 3 : bits);
}

hs_quic_packet_type hs_quic_long_type(uint32_t version, uint8_t bits)
{
    static const hs_quic_packet_type types[] = {HS_QUIC_INITIAL, HS_QUIC_0RTT, HS_QUIC_HANDSHAKE,
                                                HS_QUIC_RETRY};
    return types[(version == HS_QUIC_V2 ? bits - 1U : bits) & 3];
}

const char *hs_quic_packet_type_name(hs_quic_packet_type type)
{
    switch (type) {
    case HS_QUIC_INITIAL:
        return "Initial";
    case HS_QUIC_0RTT:
        return "0-RTT";
    case HS_QUIC_HANDSHAKE:
        return "Handshake";
    case HS_QUIC_RETRY:
        return "Retry";
    case HS_QUIC_VERSION_NEGOTIATION:
        return "Version Negotiation";
    case HS_QUIC_1RTT:
        return "1-RTT";
    case HS_QUIC_UNKNOWN_VERSION:
        break;
    }
    return "unknown version";
}
