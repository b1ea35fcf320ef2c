/* Every packet of the captures in HS_CAPTURES, or else in ../shared/captures beside the sources,
 * against tshark's reading of it: addresses, ports, TCP fields and lengths. Skips where either is
 * absent. */
#include "../cmocka_headers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "wire/packet.h"
#include "wire/tcp_options.h"

enum {
    COMMAND_SIZE = 8192,
    FOLDER_SIZE = 4096,
    LINE_SIZE = 65536,
    LINKS_MAX = 16,
    SNAPLEN = 262144,
    SHOWN_MAX = 20,
};

/* In this order on each line; of a value that stands in a packet twice, the last. */
enum field {
    PROTOCOLS,
    IP_SOURCE,
    IP_DESTINATION,
    IPV6_SOURCE,
    IPV6_DESTINATION,
    TCP_SOURCE,
    TCP_DESTINATION,
    TCP_SEQUENCE,
    TCP_ACKNOWLEDGMENT,
    TCP_FLAGS,
    TCP_WINDOW,
    TCP_LEN,
    UDP_SOURCE,
    UDP_DESTINATION,
    UDP_LENGTH,
    OPTION_MSS,
    OPTION_WINDOW_SCALE,
    OPTION_TIMESTAMP,
    OPTION_ECHO,
    FIELD_COUNT
};

static const char *const field_names[FIELD_COUNT] = {
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.window_size_value",
    "tcp.len",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr",
};

struct tally {
    size_t packets;
    size_t tcp;
    size_t udp;
    size_t fragments;
    size_t differ;
};

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 0);
}

static bool address_is(uint8_t family, const hs_ip_address *address, const char *text)
{
    uint8_t bytes[16] = {0};
    int of = family == 4 ? AF_INET : AF_INET6;
    return inet_pton(of, text, bytes) == 1 && memcmp(bytes, address->bytes, 16) == 0;
}

static bool addresses_agree(const hs_packet *packet, char *const *is)
{
    bool is_v4 = packet->family == 4;
    return address_is(packet->family, &packet->source, is[is_v4 ? IP_SOURCE : IPV6_SOURCE]) &&
           address_is(packet->family, &packet->destination,
                      is[is_v4 ? IP_DESTINATION : IPV6_DESTINATION]);
}

/* Whether an option's value is the one that tshark shows, or absent on both sides. */
static bool option_agrees(bool has, uint64_t value, const char *text)
{
    return has ? value == number_of(text) && *text : !*text;
}

static bool options_agree(const hs_packet *packet, char *const *is)
{
    hs_tcp_options options;
    hs_tcp_options_read(packet->tcp.options, &options);
    if (options.malformed || packet->tcp.options_cut) {
        return true; /* how much of it counts is each reader's own choice */
    }
    return option_agrees(options.mss >= 0, (uint64_t)options.mss, is[OPTION_MSS]) &&
           option_agrees(options.window_scale >= 0, (uint64_t)options.window_scale,
                         is[OPTION_WINDOW_SCALE]) &&
           option_agrees(options.has_timestamps, options.timestamp_value, is[OPTION_TIMESTAMP]) &&
           option_agrees(options.has_timestamps, options.timestamp_echo, is[OPTION_ECHO]);
}

static bool tcp_agrees(const hs_packet *packet, char *const *is)
{
    return addresses_agree(packet, is) && packet->source_port == number_of(is[TCP_SOURCE]) &&
           packet->destination_port == number_of(is[TCP_DESTINATION]) &&
           packet->tcp.sequence == number_of(is[TCP_SEQUENCE]) &&
           packet->tcp.acknowledgment == number_of(is[TCP_ACKNOWLEDGMENT]) &&
           packet->tcp.flags == (number_of(is[TCP_FLAGS]) & 0x1ff) &&
           packet->tcp.window == number_of(is[TCP_WINDOW]) &&
           packet->payload_length == number_of(is[TCP_LEN]) && options_agree(packet, is);
}

static bool udp_agrees(const hs_packet *packet, char *const *is)
{
    return addresses_agree(packet, is) && packet->source_port == number_of(is[UDP_SOURCE]) &&
           packet->destination_port == number_of(is[UDP_DESTINATION]) &&
           packet->payload_length + 8 == number_of(is[UDP_LENGTH]);
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text);
    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* No TCP and no UDP in the innermost IP packet. tshark also reads what an ICMP error quotes, and
 * shows the datagram around a tunnelled packet that has nothing in it. */
static bool is_other(char *const *is)
{
    return (!*is[TCP_SOURCE] && !*is[UDP_SOURCE]) || strstr(is[PROTOCOLS], ":icmp") ||
           ends_in(is[PROTOCOLS], ":ip") || ends_in(is[PROTOCOLS], ":ipv6");
}

/* Of several packets in an 802.11 frame tshark's last values are those of the last, ours are the
 * first's. */
static bool is_aggregate(char *const *is)
{
    const char *first = strstr(is[PROTOCOLS], ":llc:");
    return first && strstr(first + 1, ":llc:");
}

static bool agrees(hs_packet_kind kind, const hs_packet *packet, char *const *is)
{
    switch (kind) {
    case HS_PACKET_TCP:
        return tcp_agrees(packet, is);
    case HS_PACKET_UDP:
        return udp_agrees(packet, is);
    case HS_PACKET_FRAGMENT:
        /* tshark goes on in the first one */
        return packet->fragment.offset == 0 || addresses_agree(packet, is);
    case HS_PACKET_OTHER:
        return is_other(is);
    case HS_PACKET_TRUNCATED:
    case HS_PACKET_MALFORMED:
        return !*is[TCP_LEN];
    case HS_PACKET_LINK_UNKNOWN:
        break;
    }
    return false;
}

/* Cuts a line of tshark's into its fields. */
static void split(char *line, char **is)
{
    static char nothing[1] = "";
    line[strcspn(line, "\r\n")] = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char *field = strsep(&line, "\t");
        is[i] = field ? field : nothing;
    }
}

static void compare(int link, hs_bytes frame, char *line, struct tally *tally)
{
    char *is[FIELD_COUNT];
    split(line, is);
    hs_packet packet;
    hs_packet_kind kind = hs_packet_read(link, frame, &packet);
    tally->packets++;
    tally->tcp += kind == HS_PACKET_TCP;
    tally->udp += kind == HS_PACKET_UDP;
    tally->fragments += kind == HS_PACKET_FRAGMENT;
    if (is_aggregate(is) || agrees(kind, &packet, is)) {
        return;
    }
    tally->differ++;
    if (tally->differ <= SHOWN_MAX) {
        print_error("packet %zu (link %d): kind %d, %u > %u, seq %" PRIu32 ", length %" PRIu32
                    "\n  tshark:",
                    tally->packets, link, (int)kind, packet.source_port, packet.destination_port,
                    packet.tcp.sequence, packet.payload_length);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            print_error(" %s", *is[i] ? is[i] : "-");
        }
        print_error("\n");
    }
}

/* The packets of all files, one file a link type: tshark takes long to start. */
struct collection {
    struct pile {
        int link;
        char name[64];
        pcap_dumper_t *dumper;
    } piles[LINKS_MAX];
    size_t count;
};

static pcap_dumper_t *pile_of(struct collection *all, int link)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->piles[i].link == link) {
            return all->piles[i].dumper;
        }
    }
    assert_true(all->count < LINKS_MAX);
    struct pile *pile = &all->piles[all->count++];
    pile->link = link;
    (void)snprintf(pile->name, sizeof pile->name, "/tmp/packets-XXXXXX");
    int file = mkstemp(pile->name);
    assert_true(file >= 0);
    pcap_t *format = pcap_open_dead(link, SNAPLEN);
    pile->dumper = pcap_dump_fopen(format, fdopen(file, "wb"));
    assert_non_null(pile->dumper);
    pcap_close(format);
    return pile->dumper;
}

static void collect(struct collection *all, const char *folder, const char *name)
{
    char command[COMMAND_SIZE];
    (void)snprintf(command, sizeof command, "gzip -dcf '%s/%s'", folder, name);
    FILE *bytes = popen(command, "r");
    assert_non_null(bytes);
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *capture = pcap_fopen_offline(bytes, error);
    if (!capture) {
        fail_msg("%s: %s", name, error);
    }
    pcap_dumper_t *dumper = pile_of(all, pcap_datalink(capture));
    struct pcap_pkthdr *header;
    const u_char *data;
    while (pcap_next_ex(capture, &header, &data) == 1) {
        pcap_dump((u_char *)dumper, header, data);
    }
    pcap_close(capture);
}

static FILE *start_tshark(const char *file)
{
    char command[COMMAND_SIZE];
    size_t at = (size_t)snprintf(
        command, sizeof command,
        "tshark -r '%s' -T fields -E occurrence=l -o ip.defragment:FALSE"
        " -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE"
        " -o tcp.analyze_sequence_numbers:FALSE --disable-protocol openflow 2>/dev/null",
        file);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        at += (size_t)snprintf(command + at, sizeof command - at, " -e %s", field_names[i]);
    }
    assert_true(at < sizeof command);
    return popen(command, "r");
}

static void compare_pile(struct pile *pile, struct tally *tally)
{
    pcap_dump_close(pile->dumper);
    FILE *tshark = start_tshark(pile->name);
    assert_non_null(tshark);
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *capture = pcap_open_offline(pile->name, error);
    assert_non_null(capture);
    static char line[LINE_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    while (pcap_next_ex(capture, &header, &data) == 1) {
        assert_non_null(fgets(line, sizeof line, tshark));
        compare(pile->link, hs_bytes_of(data, header->caplen), line, tally);
    }
    assert_int_equal(fgetc(tshark), EOF);
    (void)pclose(tshark);
    pcap_close(capture);
    (void)unlink(pile->name);
}

static int is_capture(const struct dirent *entry)
{
    return strstr(entry->d_name, ".pcap") != NULL && strstr(entry->d_name, ".keylog") == NULL;
}

static void every_packet_is_as_tshark_reads_it(void **state)
{
    (void)state;
    const char *set = getenv("HS_CAPTURES");
    char folder[FOLDER_SIZE];
    (void)snprintf(folder, sizeof folder, "%s/pcap", set ? set : CAPTURES);
    struct dirent **entries;
    int count = scandir(folder, &entries, is_capture, alphasort);
    if (count <= 0 || system("tshark -v >/dev/null 2>&1") != 0) {
        print_message("skipped: no captures in %s, or no tshark\n", folder);
        skip();
    }
    struct collection all = {0};
    for (int i = 0; i < count; i++) {
        collect(&all, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    struct tally tally = {0};
    for (size_t i = 0; i < all.count; i++) {
        compare_pile(&all.piles[i], &tally);
    }
    print_message("%zu packets: %zu TCP, %zu UDP, %zu fragments\n", tally.packets, tally.tcp,
                  tally.udp, tally.fragments);
    assert_int_equal(tally.differ, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_is_as_tshark_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
