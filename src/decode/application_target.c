/* What a request says about whom it asks, where nobody has said it before. */
#include <string.h>

#include "decode/application_state.h"

/* RFC 3986 3.2.2: the host without its port, an IPv6 address without its brackets. */
static hs_bytes host_of(hs_bytes authority)
{
    if (authority.len > 0 && authority.data[0] == '[') {
        const uint8_t *close = memchr(authority.data, ']', authority.len);
        return close ? hs_bytes_of(authority.data + 1, (size_t)(close - authority.data) - 1)
                     : (hs_bytes){0};
    }
    const uint8_t *colon = authority.len > 0 ? memchr(authority.data, ':', authority.len) : NULL;
    return colon ? hs_bytes_of(authority.data, (size_t)(colon - authority.data)) : authority;
}

void hs_app_learn_host(hs_application *app, hs_bytes authority)
{
    hs_bytes host = host_of(authority);
    if (!app->trace->target.host && host.len > 0) {
        app->trace->target.host = hs_app_fact(app, host);
    }
}

void hs_app_learn_path(hs_application *app, hs_bytes target)
{
    if (!app->trace->target.path && target.len > 0 && target.data[0] == '/') {
        app->trace->target.path = hs_app_fact(app, target);
    }
}
