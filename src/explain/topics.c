/* The topics. To add one: a row here, and rows in the tables of lore_*.c for messages that are new.
 */
#include "explain/topics.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

const hs_topic hs_topics[] = {
    {.name = "tcp",
     .title = "How TCP opens a connection",
     .summary = "the three packets that open a connection",
     .intro = "Before a byte can cross, both ends must know each other's initial sequence number, "
              "and each must know that the other really receives. Three packets do both.",
     .acts = {{.title = "A connection is opened",
               .intro = "The client connects to the server's echo port.",
               .scheme = "tcp",
               .service = HS_SERVICE_TCP,
               .part = HS_ACT_OPENING,
               .expects = {"SYN", "SYN-ACK", "ACK"}}}},
    {.name = "teardown",
     .title = "How TCP closes a connection",
     .summary = "FIN by FIN, and why one side lingers in TIME-WAIT",
     .intro = "Each direction is closed by itself: a FIN says that nothing more comes, and is "
              "acknowledged. Who sent the first one keeps the connection in mind for a while, in "
              "case its last acknowledgment is lost, and so that late packets meet no new "
              "connection.",
     .acts = {{.title = "A connection is closed",
               .intro = "The connection is open and idle. The client closes it.",
               .scheme = "tcp",
               .service = HS_SERVICE_TCP,
               .part = HS_ACT_CLOSING,
               .expects = {"FIN-ACK", "FIN-ACK", "ACK"}}}},
    {.name = "state-machine",
     .title = "The state machine of TCP",
     .summary = "every state of both ends, with the path that a connection takes",
     .intro = "Each end is in one of a few states, and packets move it. The table below is the one "
              "by which this program follows connections; what this connection did is marked.",
     .whole_machine = true,
     .acts = {{.title = "A connection from its first packet to its last",
               .intro = "The client opens a connection and closes it again.",
               .scheme = "tcp",
               .service = HS_SERVICE_TCP,
               .expects = {"SYN", "SYN-ACK", "ACK", "FIN-ACK", "FIN-ACK", "ACK"}}}},
    {.name = "tls1.2",
     .title = "A full handshake of TLS 1.2",
     .summary = "keys only after two round trips, and the certificate in plain",
     .intro = "The client learns from the server's answer which kind of key it is to send, and so "
              "it takes a second exchange until both have the keys.",
     .acts = {{.title = "A full handshake",
               .intro = "The client offers nothing newer than TLS 1.2.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_ABOVE_TCP,
               .tls_max = TLS_1_2,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello", "ServerHello", "Certificate",
                           "ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange",
                           "ChangeCipherSpec", "Finished", "ChangeCipherSpec", "Finished"}}}},
    {.name = "tls1.3",
     .title = "A full handshake of TLS 1.3",
     .summary = "keys after one round trip, and all but the hellos encrypted",
     .intro = "The client guesses the key exchange and sends its half at once. If the server takes "
              "it, one exchange is enough, and the certificates are already encrypted.",
     .acts = {{.title = "A full handshake",
               .intro = "The client and the server have never met.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_ABOVE_TCP,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello", "ServerHello",
                           "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished",
                           "Finished"}}}},
    {.name = "resumption",
     .title = "A resumed session of TLS 1.3",
     .summary = "a ticket in place of certificates",
     .intro = "At the end of a handshake the server hands out a ticket. A client that brings it "
              "back shows that it was there, and so does a server that can open it: certificates "
              "and their signature are left out.",
     .acts = {{.title = "The first connection, for comparison",
               .intro = "A full handshake. The tickets come behind it.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_ABOVE_TCP,
               .is_brief = true,
               .expects = {"ClientHello", "ServerHello", "Certificate", "CertificateVerify",
                           "Finished", "Finished", "NewSessionTicket"}},
              {.title = "The second connection, resumed",
               .intro = "The client presents a ticket of a connection just like the first one.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_ABOVE_TCP,
               .resume = true,
               .prepares = true,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello", "ServerHello",
                           "EncryptedExtensions", "Finished", "Finished"}}}},
    {.name = "0-rtt",
     .title = "Early data of TLS 1.3",
     .summary = "a request in the very first flight, and what that risks",
     .intro = "With a ticket the client already shares a secret with the server, and can encrypt a "
              "request before the server has said anything. But nothing in that flight is the "
              "server's, so somebody who records it can send it once more: only what may be "
              "repeated without harm belongs into it.",
     .acts = {{.title = "A resumed connection with early data",
               .intro = "The ticket of an earlier connection allows early data. The request goes "
                        "with the ClientHello.",
               .scheme = "https",
               .service = HS_SERVICE_HTTPS,
               .part = HS_ACT_ABOVE_TCP,
               .http_version = HS_HTTP_1_1,
               .early_data = true,
               .prepares = true,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello", "request", "ServerHello",
                           "EncryptedExtensions", "Finished", "EndOfEarlyData", "Finished",
                           "response"}}}},
    {.name = "hello-retry",
     .title = "TLS 1.3 with a HelloRetryRequest",
     .summary = "what a wrong guess of the key share costs",
     .intro = "The client must guess which group the server will take. When it has sent no key "
              "share that the server can use, the server asks for another one, and a round trip "
              "is lost.",
     .acts = {{.title = "A handshake whose first key share does not help",
               .intro = "The client is made to send one key share, of a group that is made up and "
                        "that no server knows.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_ABOVE_TCP,
               .hello_retry = true,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello", "HelloRetryRequest",
                           "ClientHello", "ServerHello", "EncryptedExtensions", "Certificate",
                           "CertificateVerify", "Finished", "Finished"}}}},
    {.name = "quic",
     .title = "A QUIC handshake",
     .summary = "transport and TLS in one round trip",
     .intro = "QUIC does TCP's work and TLS's at once: the first packet already carries the "
              "ClientHello, and the server's first answer proves the path and agrees the keys.",
     .acts = {{.title = "A first connection",
               .intro = "The client asks for a page over HTTP/3.",
               .scheme = "https",
               .service = HS_SERVICE_HTTPS3,
               .http_version = HS_HTTP_3,
               .expects = {"Initial", "ClientHello", "Initial", "ServerHello", "Handshake",
                           "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished",
                           "Finished", "1-RTT"}}}},
    {.name = "quic-0rtt",
     .title = "QUIC with early data",
     .summary = "a request in the first datagram",
     .intro = "With a ticket, the transport parameters and a token from an earlier connection, the "
              "client sends its request in the very first datagram, and waits for nothing.",
     .acts = {{.title = "A resumed connection with early data",
               .intro = "An earlier connection has given a ticket and a token.",
               .scheme = "https",
               .service = HS_SERVICE_HTTPS3,
               .http_version = HS_HTTP_3,
               .early_data = true,
               .prepares = true,
               .expects = {"Initial", "ClientHello", "0-RTT", "HEADERS", "Initial", "ServerHello",
                           "EncryptedExtensions", "Finished", "HEADERS", "Finished"}}}},
    {.name = "retry",
     .title = "QUIC with Retry",
     .summary = "a proof of the client's address before anything else",
     .intro = "A datagram's source address can be forged. A server that is under load may want a "
              "proof before it spends anything on a client: it answers with a token, and keeps no "
              "state until that comes back.",
     .acts = {{.title = "A connection to a server that asks for a proof",
               .intro = "The server answers every new client with Retry.",
               .scheme = "https",
               .service = HS_SERVICE_HTTPS3,
               .http_version = HS_HTTP_3,
               .retry = true,
               .expects = {"Initial", "ClientHello", "Retry", "Initial", "Initial", "ServerHello",
                           "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished",
                           "Finished"}}}},
    {.name = "websocket",
     .title = "Opening a WebSocket",
     .summary = "an HTTP request that turns its connection into something else",
     .intro = "A WebSocket begins as an HTTP request, so that it passes where HTTP passes. The "
              "server's answer must be made from the client's key: a server that does not speak "
              "WebSocket cannot give it by accident.",
     .acts = {{.title = "A WebSocket is opened, tried and closed",
               .intro = "Without TLS, so that everything can be seen.",
               .scheme = "ws",
               .service = HS_SERVICE_WS,
               .part = HS_ACT_ABOVE_TCP,
               .expects = {"SYN", "SYN-ACK", "ACK", "request", "response", "ping", "pong", "close",
                           "close"}}}},
    {.name = "http2",
     .title = "Opening an HTTP/2 connection",
     .summary = "agreed on within TLS, so that it costs no round trip",
     .intro = "The client offers HTTP/2 within its ClientHello, and the server takes it. Both send "
              "their SETTINGS at once, and neither waits for the other's.",
     .acts = {{.title = "A page over HTTP/2",
               .intro = "ALPN decides; then both sides introduce themselves.",
               .scheme = "https",
               .service = HS_SERVICE_HTTPS,
               .http_version = HS_HTTP_2,
               .part = HS_ACT_ABOVE_TCP,
               .expects = {"ClientHello", "ServerHello", "EncryptedExtensions", "Finished",
                           "Finished", "connection preface", "SETTINGS", "HEADERS", "SETTINGS",
                           "HEADERS", "DATA"}}}},
    {.name = "syn-cookies",
     .title = "SYN cookies",
     .summary = "how a server opens connections without remembering the SYN",
     .intro = "A server that remembers each SYN can be filled up with SYNs that nobody completes. "
              "With cookies it forgets the SYN at once: what it must know later is put into the "
              "sequence number of its SYN-ACK, which the client's ACK brings back. The number is a "
              "keyed hash of both addresses, both ports and a coarse clock, and it names one of a "
              "few MSS values (RFC 4987 3.6). There is no room for the other options in it; those "
              "that fit are "
              "hidden in the timestamp, if the client uses timestamps.",
     .needs_namespaces = true,
     .syn_cookies = true,
     .acts =
         {
             {.title = "With timestamps",
              .intro = "The server is set to answer every SYN with a cookie "
                       "(net.ipv4.tcp_syncookies=2): here y is one.",
              .scheme = "tcp",
              .service = HS_SERVICE_TCP,
              .part = HS_ACT_OPENING,
              .expects = {"SYN", "SYN-ACK", "ACK"}},
             {.title = "Without timestamps",
              .intro = "The same server, and a client that does not offer timestamps: look at what "
                       "its SYN-ACK leaves out.",
              .scheme = "tcp",
              .service = HS_SERVICE_TCP,
              .part = HS_ACT_OPENING,
              .no_timestamps = true,
              .expects = {"SYN", "SYN-ACK", "ACK"}}}},
    {.name = "fast-open",
     .title = "TCP Fast Open",
     .summary = "data in the SYN, for a client that has a cookie",
     .intro = "A first connection asks for a cookie: a keyed hash of the client's address. A later "
              "SYN that brings it may carry data, because the cookie shows that the client really "
              "receives at its address.",
     .needs_namespaces = true,
     .acts = {{.title = "The first connection asks for a cookie",
               .intro = "The client has none yet.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .part = HS_ACT_OPENING,
               .tcp_fastopen = true,
               .expects = {"SYN", "SYN-ACK", "ACK"}},
              {.title = "The second connection uses it",
               .intro = "The ClientHello goes in the SYN.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .tcp_fastopen = true,
               .expects = {"SYN", "ClientHello", "SYN-ACK", "ACK", "ServerHello", "Finished",
                           "Finished"}}}},
    {.name = "failures",
     .title = "Handshakes that fail",
     .summary = "refusal, silence, no TLS, a wrong certificate, and how to tell them apart",
     .intro = "A handshake that fails says by its last packets who gave up, and why. Each failure "
              "here is a real one. More of them, side by side: handshake lab failures",
     .acts = {{.title = "Refused",
               .intro = "Nobody listens at the port. The answer comes at once, and from the host "
                        "itself.",
               .scheme = "tcp",
               .service = HS_SERVICE_TCP,
               .fault = HS_ACT_REFUSED,
               .expects = {"SYN", "RST"}},
              {.title = "A certificate for another name",
               .intro = "The client asks for a name that the server's certificate does not have. "
                        "It is the client that gives up, once it has seen the certificate.",
               .scheme = "tls",
               .service = HS_SERVICE_TLS,
               .fault = HS_ACT_WRONG_NAME,
               .part = HS_ACT_ABOVE_TCP,
               .expects = {"ClientHello", "ServerHello", "Certificate", "Alert"}},
              {.title = "Not TLS at all",
               .intro = "The client begins TLS with a server that speaks HTTP. What comes back is "
                        "an answer, but no record of TLS.",
               .scheme = "tls",
               .service = HS_SERVICE_HTTP,
               .part = HS_ACT_ABOVE_TCP,
               .expects = {"SYN", "SYN-ACK", "ACK", "ClientHello"}},
              {.title = "Silence",
               .intro = "The server's packets vanish on the way, as behind a firewall that drops. "
                        "There is nothing but the client's own SYNs.",
               .scheme = "tcp",
               .service = HS_SERVICE_TCP,
               .fault = HS_ACT_SILENT,
               .needs_namespaces = true,
               .expects = {"SYN", "SYN"}}}},
};

const size_t hs_topic_count = COUNT(hs_topics);

const hs_topic *hs_topic_find(const char *name)
{
    for (size_t i = 0; i < hs_topic_count; i++) {
        if (strcmp(hs_topics[i].name, name) == 0) {
            return &hs_topics[i];
        }
    }
    return NULL;
}

size_t hs_topic_act_count(const hs_topic *topic)
{
    size_t count = 0;
    while (count < HS_TOPIC_ACTS_MAX && topic->acts[count].title) {
        count++;
    }
    return count;
}
