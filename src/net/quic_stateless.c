/* What a server says without a session: Version Negotiation (RFC 9000 6), Retry (8.1.2), refusals,
 * stateless resets (10.3). */
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/reader.h"
#include "net/quic_server_state.h"
#include "wire/quic/error.h"
#include "wire/quic/packet.h"

enum {
    PACKET_MAX = 512,
    RESET_MAX = 43, /* as long as a short packet of ours may be */
};

#define RETRY_TOKEN_LIFE (10 * NGTCP2_SECONDS)
#define NEW_TOKEN_LIFE (7 * 86400 * NGTCP2_SECONDS)

static bool may_answer(hs_quic_server *server)
{
    if (server->now - server->rate_from >= HS_SECOND) {
        server->rate_from = server->now;
        server->rate_count = 0;
    }
    return server->rate_count++ < HS_QUIC_STATELESS_RATE;
}

static void put_out(hs_quic_server *server, const hs_quic_path *path, const uint8_t *data,
                    ngtcp2_ssize len, const char *what)
{
    if (len > 0) {
        server->events.output(server->events.context, path, hs_bytes_of(data, (size_t)len),
                              HS_QUIC_ECN_NOT_ECT);
        if (server->events.stateless) {
            server->events.stateless(server->events.context, path, what);
        }
    }
}

void hs_quic_send_version_negotiation(hs_quic_server *server, const hs_quic_path *path,
                                      const ngtcp2_version_cid *header)
{
    const hs_quic_context *context = server->context;
    uint32_t versions[HS_QUIC_VERSIONS_MAX + 1];
    uint8_t packet[PACKET_MAX + 2 * UINT8_MAX];
    uint8_t random[5];
    if (!may_answer(server) || hs_quic_random(random, sizeof(random)) != HS_OK) {
        return;
    }
    /* A reserved one keeps clients used to versions that they do not know (RFC 9000 6.3). */
    versions[0] = 0x0a0a0a0a;
    for (size_t i = 0; i < sizeof(uint32_t); i++) {
        versions[0] |= (uint32_t)(random[i] & 0xf0) << (8 * i);
    }
    memcpy(versions + 1, context->versions, context->version_count * sizeof(uint32_t));
    ngtcp2_ssize len = ngtcp2_pkt_write_version_negotiation(
        packet, sizeof(packet), random[4], header->scid, header->scidlen, header->dcid,
        header->dcidlen, versions, context->version_count + 1);
    put_out(server, path, packet, len, "Version Negotiation");
}

void hs_quic_send_stateless_reset(hs_quic_server *server, const hs_quic_path *path, hs_bytes dcid,
                                  size_t len)
{
    uint8_t packet[RESET_MAX];
    uint8_t random[RESET_MAX];
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
    ngtcp2_cid cid;
    /* Shorter than what it answers, so that two endpoints cannot go on for ever (10.3.3). */
    size_t size = len - 1 < RESET_MAX ? len - 1 : RESET_MAX;
    if (len <= HS_QUIC_STATELESS_RESET_MIN || !may_answer(server)) {
        return;
    }
    ngtcp2_cid_init(&cid, dcid.data, dcid.len);
    if (hs_quic_random(random, sizeof(random)) != HS_OK ||
        ngtcp2_crypto_generate_stateless_reset_token(token, server->context->reset_secret,
                                                     sizeof(server->context->reset_secret),
                                                     &cid) != 0) {
        return;
    }
    put_out(server, path, packet,
            ngtcp2_pkt_write_stateless_reset(packet, size, token, random,
                                             size - NGTCP2_STATELESS_RESET_TOKENLEN),
            "stateless reset");
}

static ngtcp2_tstamp token_time(const hs_quic_server *server)
{
    return (ngtcp2_tstamp)(server->now + server->context->epoch);
}

void hs_quic_send_retry(hs_quic_server *server, const hs_quic_path *path,
                        const ngtcp2_pkt_hd *header)
{
    const hs_quic_context *context = server->context;
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    uint8_t packet[PACKET_MAX];
    ngtcp2_path ends = hs_quic_ngtcp2_path(path);
    ngtcp2_cid scid = {.datalen = HS_QUIC_CID_LEN};
    if (hs_quic_random(scid.data, scid.datalen) != HS_OK) {
        return;
    }
    ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(
        token, context->token_secret, sizeof(context->token_secret), header->version,
        ends.remote.addr, ends.remote.addrlen, &scid, &header->dcid, token_time(server));
    if (len > 0) {
        len = ngtcp2_crypto_write_retry(packet, sizeof(packet), header->version, &header->scid,
                                        &scid, &header->dcid, token, (size_t)len);
    }
    put_out(server, path, packet, len, "Retry");
}

void hs_quic_send_refusal(hs_quic_server *server, const hs_quic_path *path,
                          const ngtcp2_pkt_hd *header, uint64_t error)
{
    uint8_t packet[HS_QUIC_DATAGRAM_MIN];
    if (!may_answer(server)) {
        return;
    }
    ngtcp2_ssize len = ngtcp2_crypto_write_connection_close(
        packet, sizeof(packet), header->version, &header->scid, &header->dcid, error, NULL, 0);
    put_out(server, path, packet, len, hs_quic_error_name(error));
}

bool hs_quic_read_token(hs_quic_server *server, const hs_quic_path *path,
                        const ngtcp2_pkt_hd *header, hs_quic_arrival *arrival)
{
    const hs_quic_context *context = server->context;
    ngtcp2_path ends = hs_quic_ngtcp2_path(path);
    ngtcp2_cid original;
    if (header->tokenlen == 0) {
        return true;
    }
    if (header->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
        if (ngtcp2_crypto_verify_retry_token2(
                &original, header->token, header->tokenlen, context->token_secret,
                sizeof(context->token_secret), header->version, ends.remote.addr,
                ends.remote.addrlen, &header->dcid, RETRY_TOKEN_LIFE, token_time(server)) != 0) {
            return false;
        }
        arrival->retried = true;
        arrival->original_dcid = original;
        arrival->retry_scid = header->dcid;
        arrival->token = hs_bytes_of(header->token, header->tokenlen);
    } else if (ngtcp2_crypto_verify_regular_token(
                   header->token, header->tokenlen, context->token_secret,
                   sizeof(context->token_secret), ends.remote.addr, ends.remote.addrlen,
                   NEW_TOKEN_LIFE, token_time(server)) == 0) {
        /* RFC 9000 8.1.3: any other is as none. */
        arrival->has_token = true;
        arrival->token = hs_bytes_of(header->token, header->tokenlen);
    }
    return true;
}
