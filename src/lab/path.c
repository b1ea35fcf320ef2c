#include "lab/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/file.h"
#include "net/netlink.h"

enum { IPV4_PREFIX = 24, IPV6_PREFIX = 64, IPV4_SIZE = 4, IPV6_SIZE = 16, RUNNING_SECONDS = 5 };

static hs_result fail(hs_problem *problem, const char *what)
{
    return hs_problem_set(problem, HS_SYSTEM, "%s: %s", what, strerror(errno));
}

static hs_result ask(hs_netlink_request *request)
{
    return hs_netlink_ask_once(NETLINK_ROUTE, request, NULL, NULL);
}

/* A veth pair: `near` at the present side, `far` in the namespace of `far_fd`. */
static hs_result add_pair(const char *near, const char *far, int far_fd)
{
    const struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
    const hs_bytes nothing = {NULL, 0};
    hs_netlink_request m;
    hs_netlink_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
    hs_netlink_put_text(&m, IFLA_IFNAME, near);
    size_t info = hs_netlink_open(&m, IFLA_LINKINFO, nothing);
    hs_netlink_put_text(&m, IFLA_INFO_KIND, "veth");
    size_t data = hs_netlink_open(&m, IFLA_INFO_DATA, nothing);
    size_t peer = hs_netlink_open(&m, VETH_INFO_PEER, hs_bytes_of(&link, sizeof link));
    hs_netlink_put_text(&m, IFLA_IFNAME, far);
    hs_netlink_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)far_fd);
    hs_netlink_close(&m, peer);
    hs_netlink_close(&m, data);
    hs_netlink_close(&m, info);
    return ask(&m);
}

/* With `cuts_segments`, what leaves by it are packets as they would be on a cable, each with
 * chances of its own, and not a run of segments that a network card is yet to cut. */
static hs_result set_up(const char *name, bool cuts_segments)
{
    const struct ifinfomsg link = {.ifi_family = AF_UNSPEC,
                                   .ifi_index = (int)if_nametoindex(name),
                                   .ifi_flags = IFF_UP,
                                   .ifi_change = IFF_UP};
    if (link.ifi_index == 0) {
        return HS_SYSTEM;
    }
    hs_netlink_request m;
    hs_netlink_begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
    if (cuts_segments) {
        hs_netlink_put_u32(&m, IFLA_GSO_MAX_SEGS, 1);
    }
    return ask(&m);
}

/* The kernel joins a link's queue to it some time after it was switched on, at its leisure (up to a
 * second), and drops what comes before. Only then the link counts as running (netdevice(7)). */
static hs_result wait_until_running(const char *name)
{
    struct ifreq request = {.ifr_flags = 0};
    const hs_time last = hs_clock_monotonic() + RUNNING_SECONDS * HS_SECOND;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return HS_SYSTEM;
    }
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    errno = ETIMEDOUT;
    hs_result result = HS_SYSTEM;
    while (result != HS_OK && hs_clock_monotonic() < last &&
           ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        const struct timespec pause = {.tv_nsec = HS_MILLISECOND};
        result = (request.ifr_flags & IFF_RUNNING) != 0 ? HS_OK : HS_SYSTEM;
        (void)nanosleep(&pause, NULL);
        errno = ETIMEDOUT;
    }
    int os_errno = errno;
    close(fd);
    errno = os_errno;
    return result;
}

static hs_result add_address(const char *name, int family, const char *text)
{
    const bool is_ipv4 = family == AF_INET;
    uint8_t address[IPV6_SIZE] = {0};
    /* Nobody else is there whose address it could be (RFC 4862 5.4), so it is not asked. */
    const struct ifaddrmsg header = {.ifa_family = (uint8_t)family,
                                     .ifa_prefixlen = is_ipv4 ? IPV4_PREFIX : IPV6_PREFIX,
                                     .ifa_flags = is_ipv4 ? 0 : IFA_F_NODAD,
                                     .ifa_index = if_nametoindex(name)};
    if (inet_pton(family, text, address) != 1) {
        return HS_INVALID;
    }
    const hs_bytes value = hs_bytes_of(address, is_ipv4 ? IPV4_SIZE : IPV6_SIZE);
    hs_netlink_request m;
    hs_netlink_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    hs_netlink_put(&m, IFA_LOCAL, value);
    hs_netlink_put(&m, IFA_ADDRESS, value);
    return ask(&m);
}

static hs_result add_route(const char *prefix, uint8_t length, const char *gateway, uint8_t type,
                           hs_problem *problem)
{
    uint8_t to[IPV4_SIZE];
    uint8_t by[IPV4_SIZE] = {0};
    const struct rtmsg route = {.rtm_family = AF_INET,
                                .rtm_dst_len = length,
                                .rtm_table = RT_TABLE_MAIN,
                                .rtm_protocol = RTPROT_STATIC,
                                .rtm_scope = RT_SCOPE_UNIVERSE,
                                .rtm_type = type};
    if (inet_pton(AF_INET, prefix, to) != 1 || (gateway && inet_pton(AF_INET, gateway, by) != 1)) {
        return hs_problem_set(problem, HS_INVALID, "a route's address is none");
    }
    hs_netlink_request m;
    hs_netlink_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
    hs_netlink_put(&m, RTA_DST, hs_bytes_of(to, sizeof to));
    if (gateway) {
        hs_netlink_put(&m, RTA_GATEWAY, hs_bytes_of(by, sizeof by));
    }
    return ask(&m) == HS_OK ? HS_OK : fail(problem, "a route could not be made");
}

hs_result hs_path_route(const char *prefix, uint8_t length, const char *gateway,
                        hs_problem *problem)
{
    return add_route(prefix, length, gateway, gateway ? RTN_UNICAST : RTN_BLACKHOLE, problem);
}

hs_result hs_path_refuse(const char *address, hs_path_refusal refusal, hs_problem *problem)
{
    static const uint8_t types[] = {[HS_PATH_DROPS] = RTN_BLACKHOLE,
                                    [HS_PATH_UNREACHABLE] = RTN_UNREACHABLE,
                                    [HS_PATH_PROHIBITS] = RTN_PROHIBIT};
    enum { ONE_ADDRESS = 32 };
    return add_route(address, ONE_ADDRESS, NULL, types[refusal], problem);
}

typedef struct end {
    hs_lab_side side;
    const char *link;
    const char *ipv4; /* NULL: none, and no IPv6 either */
    const char *ipv6;
} end;

static hs_result set_up_end(const hs_namespaces *namespaces, const end *e, hs_problem *problem)
{
    if (hs_namespaces_enter(namespaces, e->side) != HS_OK) {
        return fail(problem, "a namespace could not be entered");
    }
    /* A relay's link must send nothing of its own accord. */
    if (!e->ipv4 && hs_namespaces_set("ipv6/conf/all/disable_ipv6", 1, problem) != HS_OK) {
        return HS_SYSTEM;
    }
    if (set_up(e->link, e->ipv4 != NULL) != HS_OK || set_up("lo", false) != HS_OK) {
        return fail(problem, "a link could not be switched on");
    }
    if (e->ipv4 && add_address(e->link, AF_INET, e->ipv4) != HS_OK) {
        return fail(problem, "an IPv4 address could not be given");
    }
    /* A kernel without IPv6 is none the worse for IPv4's experiments. */
    if (e->ipv6 && add_address(e->link, AF_INET6, e->ipv6) != HS_OK && errno != EOPNOTSUPP &&
        errno != EAFNOSUPPORT && errno != EACCES) {
        return fail(problem, "an IPv6 address could not be given");
    }
    return HS_OK;
}

static hs_result add_pairs(const hs_namespaces *namespaces)
{
    const int server = namespaces->networks[HS_SIDE_SERVER];
    if (!namespaces->is_relayed) {
        hs_result result = hs_namespaces_enter(namespaces, HS_SIDE_CLIENT);
        return result == HS_OK ? add_pair(HS_LAB_CLIENT_LINK, HS_LAB_SERVER_LINK, server) : result;
    }
    hs_result result = hs_namespaces_enter(namespaces, HS_SIDE_PATH);
    if (result == HS_OK) {
        result = add_pair(HS_LAB_PATH_CLIENT_LINK, HS_LAB_CLIENT_LINK,
                          namespaces->networks[HS_SIDE_CLIENT]);
    }
    return result == HS_OK ? add_pair(HS_LAB_PATH_SERVER_LINK, HS_LAB_SERVER_LINK, server) : result;
}

hs_result hs_path_join(const hs_namespaces *namespaces, hs_problem *problem)
{
    static const end ends[] = {
        {HS_SIDE_SERVER, HS_LAB_SERVER_LINK, HS_LAB_SERVER_IPV4, HS_LAB_SERVER_IPV6},
        {HS_SIDE_CLIENT, HS_LAB_CLIENT_LINK, HS_LAB_CLIENT_IPV4, HS_LAB_CLIENT_IPV6},
        {HS_SIDE_PATH, HS_LAB_PATH_CLIENT_LINK, NULL, NULL},
        {HS_SIDE_PATH, HS_LAB_PATH_SERVER_LINK, NULL, NULL},
    };
    enum { DIRECT = 2, RELAYED = 4 };
    if (add_pairs(namespaces) != HS_OK) {
        return fail(problem, "a pair of virtual links (veth) could not be made");
    }
    const size_t count = namespaces->is_relayed ? RELAYED : DIRECT;
    for (size_t i = 0; i < count; i++) {
        hs_result result = set_up_end(namespaces, &ends[i], problem);
        if (result != HS_OK) {
            return result;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (hs_namespaces_enter(namespaces, ends[i].side) != HS_OK ||
            wait_until_running(ends[i].link) != HS_OK) {
            return fail(problem, "a link did not come up");
        }
    }
    return HS_OK;
}
