/* A device, live, by libpcap. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handshake/time.h>

#include "read/source_kinds.h"

enum {
    SNAPSHOT_LENGTH = 262144,
    RING_SIZE = 16 * 1024 * 1024,
    BLOCK_TIMEOUT_MS = 50, /* how long the kernel may hold packets back */
    QUIET_MS = 100,
};

typedef struct device_source {
    hs_source source;
    pcap_t *pcap;
    int link_type;
    int fd;
    bool nanoseconds;
} device_source;

static void end_device(hs_source *source)
{
    device_source *s = (device_source *)source;
    pcap_close(s->pcap);
    free(s);
}

static uint64_t dropped(hs_source *source)
{
    device_source *s = (device_source *)source;
    struct pcap_stat stat;
    return pcap_stats(s->pcap, &stat) == 0 ? (uint64_t)stat.ps_drop + stat.ps_ifdrop : 0;
}

static hs_result next_device(hs_source *source, hs_source_item *item)
{
    device_source *s = (device_source *)source;
    struct pcap_pkthdr *header;
    const uint8_t *data;
    int status = pcap_next_ex(s->pcap, &header, &data);
    if (status == 0) {
        struct pollfd wait = {.fd = s->fd, .events = POLLIN};
        (void)poll(&wait, 1, QUIET_MS);
        status = pcap_next_ex(s->pcap, &header, &data);
    }
    if (status == 1) {
        hs_source_set_packet(item, s->link_type, header, data, s->nanoseconds);
        return HS_OK;
    }
    *item = (hs_source_item){.event = status == 0 ? HS_SOURCE_QUIET : HS_SOURCE_END};
    if (status == PCAP_ERROR) {
        snprintf(source->damage, sizeof source->damage, "%s", pcap_geterr(s->pcap));
    }
    return HS_OK;
}

static const hs_source_class device_class = {
    .next = next_device, .free = end_device, .dropped = dropped};

static hs_result wrong(hs_problem *problem, hs_result result, const char *format, ...)
    HS_PRINTF(3, 4);
static hs_result wrong(hs_problem *problem, hs_result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return result;
}

static hs_result explain(pcap_t *pcap, const char *device, int status, hs_problem *problem)
{
    const char *detail = pcap_geterr(pcap);
    if (status == PCAP_ERROR_PERM_DENIED) {
        return wrong(problem, HS_SYSTEM,
                     "'%.64s': not permitted: a capture needs root or CAP_NET_RAW", device);
    }
    if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
        return wrong(problem, HS_SYSTEM, "'%.64s': no such device", device);
    }
    return wrong(problem, HS_SYSTEM, "'%.64s': %s", device,
                 status == PCAP_ERROR || detail[0] != '\0' ? detail : pcap_statustostr(status));
}

static hs_result set_filter(pcap_t *pcap, const char *filter, hs_problem *problem)
{
    struct bpf_program program;
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return wrong(problem, HS_INVALID, "--filter: '%.200s': %s", filter, pcap_geterr(pcap));
    }
    int status = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    return status == 0 ? HS_OK : wrong(problem, HS_SYSTEM, "--filter: %s", pcap_geterr(pcap));
}

static hs_result open_device(pcap_t *pcap, const char *device, hs_problem *problem)
{
    /* These cannot fail before the activation; an older kernel has no nanoseconds. */
    (void)pcap_set_snaplen(pcap, SNAPSHOT_LENGTH);
    (void)pcap_set_promisc(pcap, 1);
    (void)pcap_set_timeout(pcap, BLOCK_TIMEOUT_MS);
    (void)pcap_set_buffer_size(pcap, RING_SIZE);
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(pcap);
    return status >= 0 ? HS_OK : explain(pcap, device, status, problem);
}

hs_result hs_source_device(const char *device, const char *filter, hs_source **out,
                           hs_problem *problem)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    *out = NULL;
    pcap_t *pcap = pcap_create(device, why);
    if (!pcap) {
        return wrong(problem, HS_SYSTEM, "'%.64s': %s", device, why);
    }
    hs_result result = open_device(pcap, device, problem);
    if (result == HS_OK && filter) {
        result = set_filter(pcap, filter, problem);
    }
    if (result == HS_OK && pcap_setnonblock(pcap, 1, why) != 0) {
        result = wrong(problem, HS_SYSTEM, "'%.64s': %s", device, why);
    }
    device_source *s = result == HS_OK ? calloc(1, sizeof *s) : NULL;
    if (!s) {
        pcap_close(pcap);
        return result == HS_OK ? wrong(problem, HS_NO_MEMORY, "%s", hs_result_text(HS_NO_MEMORY))
                               : result;
    }
    s->source.class = &device_class;
    s->pcap = pcap;
    s->link_type = hs_source_link_type(pcap);
    s->fd = pcap_get_selectable_fd(pcap);
    s->nanoseconds = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
    *out = &s->source;
    return HS_OK;
}
