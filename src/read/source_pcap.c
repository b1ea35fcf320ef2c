/* A classic pcap file, by libpcap: both byte orders, microseconds and nanoseconds, and the variants
 * of the format that it knows. The packets of a plain one are taken from the input as they lie
 * there, which costs a third of what libpcap takes by way of stdio. */
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "read/source_kinds.h"

enum {
    LINKTYPE_RAW = 101,
    PLAIN_CAPTURED_MAX = 256 * 1024, /* libpcap has a limit for each link type; this is the least */
};

typedef struct pcap_source {
    hs_source source;
    hs_input *input;
    hs_bytes window; /* of the input, behind what was taken of it */
    size_t taken;    /* bytes that the input does not know yet to be */
    pcap_t *pcap;
    int link_type;
    uint32_t plain_max;  /* captured bytes of a packet that is taken as it is; 0: of none */
    int64_t plain_scale; /* nanoseconds in a unit of its time */
} pcap_source;

/* In front of each packet of a file in this machine's byte order. */
typedef struct packet_header {
    int32_t seconds;
    int32_t part;
    uint32_t captured;
    uint32_t length;
} packet_header;

static const uint32_t magic_microseconds = 0xa1b2c3d4;
static const uint32_t magic_nanoseconds = 0xa1b23c4d;

/* As libpcap's pcap_fopen_offline takes them: the usual, with nanoseconds, and Kuznetzov's. */
bool hs_source_is_pcap(hs_bytes magic)
{
    const uint32_t known[] = {magic_microseconds, magic_nanoseconds, 0xa1b2cd34};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, magic, &fault, NULL);
    uint32_t value = hs_read_u32(&r, "magic_number");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (value == known[i] || value == __builtin_bswap32(known[i])) {
            return true;
        }
    }
    return false;
}

int hs_source_link_type(pcap_t *pcap)
{
    int type = pcap_datalink(pcap);
    return type == DLT_RAW ? LINKTYPE_RAW : type;
}

void hs_source_set_packet(hs_source_item *item, int link_type, const struct pcap_pkthdr *header,
                          const uint8_t *data, bool nanoseconds)
{
    int64_t part = header->ts.tv_usec;
    *item = (hs_source_item){.event = HS_SOURCE_PACKET,
                             .link_type = link_type,
                             .frame = hs_bytes_of(data, header->caplen),
                             .length = header->len,
                             .at = header->ts.tv_sec * HS_SECOND +
                                   (nanoseconds ? part : part * HS_MICROSECOND)};
}

/* stdio's view of the input. */
static ssize_t read_input(void *cookie, char *out, size_t len)
{
    size_t got;
    return hs_input_read(cookie, out, len, &got) == HS_OK ? (ssize_t)got : -1;
}

static void end_pcap(hs_source *source)
{
    pcap_source *s = (pcap_source *)source;
    if (s->pcap) {
        pcap_close(s->pcap);
    }
    free(s);
}

/* The input stands where the source does. */
static void settle_input(pcap_source *s)
{
    hs_input_consume(s->input, s->taken);
    s->taken = 0;
    s->window = hs_bytes_of(NULL, 0);
}

/* Whether the window has so many bytes, or can be made to. */
static bool has_bytes(pcap_source *s, size_t len)
{
    if (s->window.len >= len) {
        return true;
    }
    settle_input(s);
    return hs_input_peek(s->input, len, &s->window) == HS_OK && s->window.len >= len;
}

/* Takes the next packet of a plain file. False where it is not whole, or too long: nothing was
 * taken then, and libpcap says what it is. */
static bool take_plain(pcap_source *s, hs_source_item *item)
{
    packet_header header;
    if (s->plain_max == 0 || !has_bytes(s, sizeof header)) {
        return false;
    }
    memcpy(&header, s->window.data, sizeof header);
    size_t size = sizeof header + header.captured;
    if (header.captured > s->plain_max || !has_bytes(s, size)) {
        return false;
    }
    *item = (hs_source_item){.event = HS_SOURCE_PACKET,
                             .link_type = s->link_type,
                             .frame = hs_bytes_of(s->window.data + sizeof header, header.captured),
                             .length = header.length,
                             .at = header.seconds * HS_SECOND + header.part * s->plain_scale};
    s->window = hs_bytes_of(s->window.data + size, s->window.len - size);
    s->taken += size;
    return true;
}

static hs_result next_pcap(hs_source *source, hs_source_item *item)
{
    pcap_source *s = (pcap_source *)source;
    if (take_plain(s, item)) {
        return HS_OK;
    }
    settle_input(s);
    struct pcap_pkthdr *header;
    const uint8_t *data;
    int status = s->pcap ? pcap_next_ex(s->pcap, &header, &data) : PCAP_ERROR_BREAK;
    if (status == 1) {
        hs_source_set_packet(item, s->link_type, header, data, true);
        return HS_OK;
    }
    if (status == PCAP_ERROR) {
        hs_source_damaged(source, s->input, pcap_geterr(s->pcap));
    } else if (hs_input_error(s->input)) {
        hs_source_damaged(source, s->input, "");
    }
    *item = (hs_source_item){.event = HS_SOURCE_END};
    return HS_OK;
}

/* A file as tcpdump writes it on such a machine; `magic` is in the machine's byte order. */
static void find_plain(pcap_source *s, uint32_t magic)
{
    int snapshot = pcap_snapshot(s->pcap);
    if ((magic == magic_microseconds || magic == magic_nanoseconds) &&
        pcap_major_version(s->pcap) == 2 && pcap_minor_version(s->pcap) == 4 && snapshot > 0) {
        s->plain_max = snapshot < PLAIN_CAPTURED_MAX ? (uint32_t)snapshot : PLAIN_CAPTURED_MAX;
        s->plain_scale = magic == magic_nanoseconds ? 1 : HS_MICROSECOND;
    }
}

static const hs_source_class pcap_class = {.next = next_pcap, .free = end_pcap};

/* The stream reads no byte ahead: after each packet of libpcap's the input stands at the next. */
hs_result hs_source_pcap(hs_input *input, uint32_t magic, hs_source **out)
{
    char why[PCAP_ERRBUF_SIZE];
    pcap_source *s = calloc(1, sizeof *s);
    FILE *stream = s ? fopencookie(input, "r", (cookie_io_functions_t){.read = read_input}) : NULL;
    if (!stream || setvbuf(stream, NULL, _IONBF, 0) != 0) {
        free(s);
        if (stream) {
            fclose(stream);
        }
        return HS_NO_MEMORY;
    }
    (void)__fsetlocking(stream, FSETLOCKING_BYCALLER); /* one thread has it */
    s->source.class = &pcap_class;
    s->input = input;
    s->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why);
    if (s->pcap) {
        s->link_type = hs_source_link_type(s->pcap);
        find_plain(s, magic);
    } else {
        fclose(stream);
        s->source.is_no_capture = true;
        hs_source_damaged(&s->source, input, why);
    }
    *out = &s->source;
    return HS_OK;
}
