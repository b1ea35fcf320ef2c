/* The name server of the lab (RFC 1035 4.1): what it answers stands in the name's first label. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "lab/failures/case.h"
#include "lab/namespaces.h"

enum {
    PORT = 53,
    MESSAGE_MAX = 512,
    LABEL_MAX = 63,
    TYPE_A = 1,
    CLASS_IN = 1,
    NO_ERROR = 0,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    REFUSED = 5,
    RESPONSE = 0x8180, /* recursion desired and available */
    NAME_OF_QUESTION = 0xc00c,
    TTL_SECONDS = 60,
};

typedef struct known_name {
    const char *label;
    int code; /* -1: nothing is said */
    bool has_address;
} known_name;

static const known_name names[] = {
    {"nxdomain", NXDOMAIN, false}, {"nodata", NO_ERROR, false}, {"servfail", SERVFAIL, false},
    {"refused", REFUSED, false},   {"silent", -1, false},
};

static const known_name other = {"", NO_ERROR, true};

typedef struct query {
    uint16_t id;
    hs_bytes question; /* with its type and class */
    uint16_t type;
    const known_name *name;
} query;

static const known_name *find(hs_bytes label)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        /* In any case: some resolvers mix it, against forgeries. */
        if (strlen(names[i].label) == label.len &&
            strncasecmp(names[i].label, (const char *)label.data, label.len) == 0) {
            return &names[i];
        }
    }
    return &other;
}

static bool read_query(hs_bytes message, query *q)
{
    hs_reader r;
    hs_fault fault;
    hs_reader_init(&r, message, &fault, NULL);
    q->id = hs_read_u16(&r, "ID");
    (void)hs_read_bytes(&r, 10, "flags and counts");
    const size_t start = r.pos;
    uint8_t len = hs_read_u8(&r, "length");
    q->name = find(hs_read_bytes(&r, len, "label"));
    while (len > 0 && len <= LABEL_MAX && hs_reader_ok(&r)) {
        len = hs_read_u8(&r, "length");
        (void)hs_read_bytes(&r, len, "label");
    }
    q->type = hs_read_u16(&r, "QTYPE");
    (void)hs_read_u16(&r, "QCLASS");
    q->question = hs_bytes_of(message.data + start, hs_reader_ok(&r) ? r.pos - start : 0);
    return hs_reader_ok(&r) && len == 0;
}

static void write_answer(hs_writer *w, const query *q)
{
    struct in_addr address;
    const bool has_answer = q->name->has_address && q->type == TYPE_A &&
                            inet_pton(AF_INET, HS_LAB_SERVER_IPV4, &address) == 1;
    hs_write_u16(w, q->id);
    hs_write_u16(w, (uint16_t)(RESPONSE | q->name->code));
    hs_write_u16(w, 1);
    hs_write_u16(w, has_answer ? 1 : 0);
    hs_write_u32(w, 0); /* no authority, nothing additional */
    hs_write_bytes(w, q->question);
    if (has_answer) {
        hs_write_u16(w, NAME_OF_QUESTION);
        hs_write_u16(w, TYPE_A);
        hs_write_u16(w, CLASS_IN);
        hs_write_u32(w, TTL_SECONDS);
        hs_write_u16(w, sizeof address.s_addr);
        hs_write_u32(w, ntohl(address.s_addr));
    }
}

void hs_far_names(const hs_far_place *place)
{
    uint8_t question[MESSAGE_MAX];
    uint8_t room[MESSAGE_MAX];
    int fd = hs_far_bind_udp(PORT);
    if (fd < 0) {
        return;
    }
    hs_far_is_ready(place);
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t got = recvfrom(fd, question, sizeof question, 0, (struct sockaddr *)&from, &len);
        if (got < 0 && errno != EINTR && errno != ECONNREFUSED) {
            break;
        }
        query q;
        hs_writer w;
        hs_writer_init(&w, room, sizeof room);
        if (got > 0 && read_query(hs_bytes_of(question, (size_t)got), &q) && q.name->code >= 0) {
            write_answer(&w, &q);
            const hs_bytes answer = hs_writer_bytes(&w);
            (void)!sendto(fd, answer.data, answer.len, 0, (struct sockaddr *)&from, len);
        }
    }
    close(fd);
}
