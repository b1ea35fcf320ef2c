#include "net/packet_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

enum {
    WHOLE_PACKET = 0x40000,
    IPV4_FRAGMENT = 6,
    IPV4_PROTOCOL = 9,
    IPV4_SOURCE = 12,
    IPV4_DESTINATION = 16,
    IPV4_FRAGMENT_OFFSET = 0x1fff,
    IPV6_NEXT_HEADER = 6,
    IPV6_SOURCE = 8,
    IPV6_DESTINATION = 24,
    IPV6_HEADER = 40,
};

/* A jump of this distance goes to the end of the rule it stands in. */
enum { NO_MATCH = 0xff };

typedef struct rule {
    struct sock_filter *code;
    size_t count;
} rule;

static void add(rule *r, unsigned code, uint32_t k)
{
    r->code[r->count++] = (struct sock_filter){.code = (uint16_t)code, .k = k};
}

/* Goes on only if the accumulator is `value`. */
static void require(rule *r, uint32_t value)
{
    r->code[r->count++] = (struct sock_filter){
        .code = BPF_JMP | BPF_JEQ | BPF_K, .jf = NO_MATCH, .k = value};
}

static void require_at(rule *r, unsigned size, uint32_t offset, uint32_t value)
{
    add(r, BPF_LD | size | BPF_ABS, offset);
    require(r, value);
}

static void require_extra(rule *r, int extra, uint32_t value)
{
    require_at(r, BPF_W, (uint32_t)(SKF_AD_OFF + extra), value);
}

/* What did not match goes on behind the rule. */
static size_t end_rule(rule *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->code[i].jf == NO_MATCH) {
            r->code[i].jf = (uint8_t)(r->count - i - 1);
        }
        if (r->code[i].jt == NO_MATCH) {
            r->code[i].jt = (uint8_t)(r->count - i - 1);
        }
    }
    return r->count;
}

static uint32_t word_of(const uint8_t bytes[4])
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return ntohl(word);
}

typedef struct direction {
    int kind; /* PACKET_OUTGOING or PACKET_HOST */
    uint16_t source_port;
    uint16_t destination_port;
} direction;

static size_t compile_ipv4(struct sock_filter *code, const struct sockaddr_in *remote,
                           const direction *way)
{
    rule r = {.code = code};
    bool leaves = way->kind == PACKET_OUTGOING;
    require_extra(&r, SKF_AD_PROTOCOL, ETH_P_IP);
    require_extra(&r, SKF_AD_PKTTYPE, (uint32_t)way->kind);
    require_at(&r, BPF_W, leaves ? IPV4_DESTINATION : IPV4_SOURCE, ntohl(remote->sin_addr.s_addr));
    require_at(&r, BPF_B, IPV4_PROTOCOL, IPPROTO_TCP);
    add(&r, BPF_LD | BPF_H | BPF_ABS, IPV4_FRAGMENT);
    r.code[r.count++] = (struct sock_filter){
        .code = BPF_JMP | BPF_JSET | BPF_K, .jt = NO_MATCH, .k = IPV4_FRAGMENT_OFFSET};
    add(&r, BPF_LDX | BPF_B | BPF_MSH, 0);
    add(&r, BPF_LD | BPF_H | BPF_IND, 0);
    require(&r, way->source_port);
    add(&r, BPF_LD | BPF_H | BPF_IND, 2);
    require(&r, way->destination_port);
    add(&r, BPF_RET | BPF_K, WHOLE_PACKET);
    return end_rule(&r);
}

static size_t compile_ipv6(struct sock_filter *code, const struct sockaddr_in6 *remote,
                           const direction *way)
{
    rule r = {.code = code};
    uint32_t at = way->kind == PACKET_OUTGOING ? IPV6_DESTINATION : IPV6_SOURCE;
    require_extra(&r, SKF_AD_PROTOCOL, ETH_P_IPV6);
    require_extra(&r, SKF_AD_PKTTYPE, (uint32_t)way->kind);
    for (uint32_t i = 0; i < 4; i++) {
        require_at(&r, BPF_W, at + 4 * i, word_of(remote->sin6_addr.s6_addr + 4 * i));
    }
    require_at(&r, BPF_B, IPV6_NEXT_HEADER, IPPROTO_TCP);
    require_at(&r, BPF_H, IPV6_HEADER, way->source_port);
    require_at(&r, BPF_H, IPV6_HEADER + 2, way->destination_port);
    add(&r, BPF_RET | BPF_K, WHOLE_PACKET);
    return end_rule(&r);
}

static size_t compile_end(struct sock_filter *code, const hs_packet_filter_end *end)
{
    const struct sockaddr *remote = (const struct sockaddr *)&end->remote.storage;
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&end->remote.storage;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&end->remote.storage;
    size_t count = 0;
    bool is_ipv4 = remote->sa_family == AF_INET;
    uint16_t port = ntohs(is_ipv4 ? ipv4->sin_port : ipv6->sin6_port);
    const direction ways[] = {{PACKET_OUTGOING, end->local_port, port},
                              {PACKET_HOST, port, end->local_port}};
    for (int i = 0; i < 2; i++) {
        count += is_ipv4 ? compile_ipv4(code + count, ipv4, &ways[i])
                         : compile_ipv6(code + count, ipv6, &ways[i]);
    }
    return count;
}

size_t hs_packet_filter_compile(const hs_packet_filter_end *ends, size_t count,
                                struct sock_filter code[HS_PACKET_FILTER_CODE_MAX])
{
    size_t length = 0;
    for (size_t i = 0; i < count && i < HS_PACKET_FILTER_ENDS_MAX; i++) {
        length += compile_end(code + length, &ends[i]);
    }
    code[length++] = (struct sock_filter){.code = BPF_RET | BPF_K};
    return length;
}
