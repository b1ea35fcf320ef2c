#include <stdlib.h>

#include "../cmocka_headers.h"

#include "tls_fixture.h"

int tls_fixture_open(void **state)
{
    tls_fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->folder = mint_folder();
    fixture->ca = mint_ca("Test CA");
    fixture->leaf = mint_leaf(&fixture->ca);
    fixture->ca_file = mint_write(fixture->folder, "ca.pem", fixture->ca.certificate, NULL, NULL);
    fixture->server_file = mint_write(fixture->folder, "server.pem", fixture->leaf.certificate,
                                      NULL, fixture->leaf.key);
    hs_problem problem;
    assert_int_equal(hs_tls_context_new_server(fixture->server_file, fixture->server_file,
                                               &fixture->server, &problem),
                     HS_OK);
    hs_probe_options options = {.cacert = fixture->ca_file};
    fixture->client = tls_client(&options);
    *state = fixture;
    return 0;
}

int tls_fixture_close(void **state)
{
    tls_fixture *fixture = *state;
    hs_tls_context_free(fixture->server);
    hs_tls_context_free(fixture->client);
    mint_free(&fixture->ca);
    mint_free(&fixture->leaf);
    free(fixture->ca_file);
    free(fixture->server_file);
    mint_remove_folder(fixture->folder);
    free(fixture);
    return 0;
}
