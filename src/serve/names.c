/* The names under which clients reach this server: what its certificate must have. */
#include "serve/names.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool hs_serve_name_is_valid(const char *name)
{
    enum { LABEL_MAX = 63, NAME_MAX_LENGTH = 253 };
    size_t label = 0;
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_end = i + 1 == len || name[i + 1] == '.';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '.') {
            if (label == 0 || i + 1 == len) {
                return false;
            }
            label = 0;
        } else if (!letter && (c != '-' || label == 0 || is_end)) {
            return false;
        } else if (++label > LABEL_MAX) {
            return false;
        }
    }
    return true;
}

static void add(hs_serve_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(names->items[i], name) == 0) {
            return;
        }
    }
    if (names->count < HS_SERVE_NAMES_MAX && strlen(name) < HS_SERVE_NAME_SIZE) {
        char *text = names->text[names->count];
        memcpy(text, name, strlen(name) + 1);
        names->items[names->count++] = text;
    }
}

/* False: the unspecified address, which stands for all. */
static bool add_address(hs_serve_names *names, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET) {
        const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        if (v4->s_addr == htonl(INADDR_ANY)) {
            return false;
        }
        inet_ntop(AF_INET, v4, text, sizeof text);
        add(names, text);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_UNSPECIFIED(v6)) {
            return false;
        }
        inet_ntop(AF_INET6, v6, text, sizeof text);
        add(names, text);
    }
    return true;
}

static void add_interfaces(hs_serve_names *names)
{
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0) {
        return;
    }
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        if (i->ifa_addr) {
            (void)add_address(names, i->ifa_addr);
        }
    }
    freeifaddrs(list);
}

void hs_serve_names_collect(const hs_listen_address *addresses, size_t count, hs_serve_names *out)
{
    char host[HS_SERVE_NAME_SIZE] = "";
    out->count = 0;
    add(out, "localhost");
    add(out, "*.localhost");
    add(out, "127.0.0.1");
    add(out, "::1");
    if (gethostname(host, sizeof host - 1) == 0 && hs_serve_name_is_valid(host)) {
        add(out, host);
    }
    for (size_t i = 0; i < count; i++) {
        if (!add_address(out, (const struct sockaddr *)&addresses[i].storage)) {
            add_interfaces(out);
        }
    }
}
