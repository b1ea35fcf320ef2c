/* What the fields of the first final response say, where they come one by one (HTTP/2, HTTP/3). */
#include "decode/application_state.h"

int hs_app_status(hs_bytes value)
{
    int status = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.len != 3 || value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }
        status = status * 10 + (value.data[i] - '0');
    }
    return status;
}

void hs_app_learn_answer(hs_application *app, const char *version, bool *is_fact, hs_bytes name,
                         hs_bytes value)
{
    hs_http_facts *http = &app->trace->http;
    if (hs_bytes_are(name, ":status")) {
        int status = hs_app_status(value);
        if (status >= 200 && http->status == 0) {
            *http = (hs_http_facts){.present = true, .version = version, .status = status};
            *is_fact = true;
        }
    } else if (*is_fact && !http->server && hs_bytes_are(name, "server")) {
        http->server = hs_app_fact(app, value);
    } else if (*is_fact && !http->location && hs_bytes_are(name, "location")) {
        http->location = hs_app_fact(app, value);
    } else if (*is_fact && !http->alt_svc && hs_bytes_are(name, "alt-svc")) {
        http->alt_svc = hs_app_fact(app, value);
    }
}
