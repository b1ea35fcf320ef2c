/* The lab's own server as the far end of a case: with another certificate, or fewer versions. */
#include "lab/failures/case.h"
#include "lab/namespaces.h"

void hs_far_server(const hs_far_place *place)
{
    const hs_real_server *real = place->row->server;
    char path[HS_LAB_PATH_MAX];
    hs_serve_options options;
    hs_server *server = NULL;
    hs_problem problem;
    hs_serve_options_init(&options);
    options.ports[real->service] = place->port;
    options.bind = HS_LAB_SERVER_IPV4;
    options.state = place->folder;
    options.cert = hs_lab_certificate_file(place->folder, real->certificate, path);
    options.key = path;
    options.quic_versions = real->quic_versions;
    if (hs_server_new(&options, &server, &problem) == HS_OK) {
        hs_far_is_ready(place);
        (void)!hs_server_run(server);
    }
    hs_server_free(server);
}
