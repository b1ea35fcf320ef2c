/* Why each message is sent. The first row that fits counts, so that the special stands before the
 * general. */
#include "explain/lore.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

#define ROW(layer, name, sender, why, reference)                                                   \
    {                                                                                              \
        HS_LAYER_##layer, name, HS_LORE_##sender, 0, NULL, NULL, why, reference                    \
    }
#define TLS_ROW(version, name, sender, why, reference)                                             \
    {                                                                                              \
        HS_LAYER_TLS, name, HS_LORE_##sender, version, NULL, NULL, why, reference                  \
    }
#define LATER_ROW(layer, name, after, sender, why, reference)                                      \
    {                                                                                              \
        HS_LAYER_##layer, name, HS_LORE_##sender, 0, after, NULL, why, reference                   \
    }
#define WITH_ROW(layer, name, field, sender, why, reference)                                       \
    {                                                                                              \
        HS_LAYER_##layer, name, HS_LORE_##sender, 0, NULL, field, why, reference                   \
    }

const hs_lore_message hs_lore_messages[] = {
    /* --- TCP --- */
    LATER_ROW(TCP, "SYN", "SYN", CLIENT,
              "No answer has come, so the SYN is sent again with the same number. The waits "
              "grow; with newer Linux, only after the first few.",
              "RFC 9293 3.8.1"),
    ROW(TCP, "SYN", CLIENT,
        "The client opens the connection. It says at which sequence number its bytes will begin, "
        "and which options it can use; what is not offered here cannot be used later.",
        "RFC 9293 3.5"),
    ROW(TCP, "SYN-ACK", SERVER,
        "The server agrees. It acknowledges the client's number, which proves that it has received "
        "the SYN, and says its own. Options that both have named are in force from here on.",
        "RFC 9293 3.5"),
    ROW(TCP, "ACK", CLIENT,
        "The client acknowledges the server's number. This proves that it really receives at the "
        "address that the SYN came from. It may send data at once; the server need not answer.",
        "RFC 9293 3.5"),
    ROW(TCP, "FIN-ACK", EITHER,
        "The sender has no more data. A FIN closes one direction only and takes a sequence number, "
        "so that it is acknowledged, and sent again if it is lost.",
        "RFC 9293 3.6"),
    ROW(TCP, "FIN", EITHER, "The sender has no more data in this direction.", "RFC 9293 3.6"),
    ROW(TCP, "RST", EITHER,
        "The connection is over at once and in both directions. A host sends it for a packet that "
        "belongs to no connection, or to abort one; it is never acknowledged.",
        "RFC 9293 3.5.2"),
    ROW(TCP, "retransmission", EITHER,
        "The same bytes are sent again, because they seem to be lost.", "RFC 9293 3.8.1"),
    ROW(TCP, "missing bytes", EITHER, "Bytes of the stream were not seen at this place.",
        "RFC 9293 3.4"),

    /* --- TLS 1.3 and 1.2 --- */
    LATER_ROW(TLS, "ClientHello", "HelloRetryRequest", CLIENT,
              "The client says hello again, now with a key share of the group that the server has "
              "asked for. Both hellos go into the transcript, so a forged request is found out.",
              "RFC 8446 4.1.2"),
    TLS_ROW(
        TLS_1_2, "ClientHello", CLIENT,
        "The client says which versions, cipher suites and groups it can use, and whom it wants "
        "to reach. The key exchange comes later in this version: the server's answer decides which "
        "kind.",
        "RFC 5246 7.4.1.2"),
    ROW(TLS, "ClientHello", CLIENT,
        "The client says which versions, cipher suites and groups it can use, and whom it wants to "
        "reach. It adds a key share for the group that it expects the server to take: if the guess "
        "is right, the keys are agreed with the very first answer.",
        "RFC 8446 4.1.2"),
    ROW(TLS, "HelloRetryRequest", SERVER,
        "The server can go on, but not with the key shares that were offered. It names the group "
        "that it wants, and the client has to begin again: that costs a round trip. On the wire it "
        "is a ServerHello with one fixed random value.",
        "RFC 8446 4.1.4"),
    TLS_ROW(TLS_1_2, "ServerHello", SERVER,
            "The server chooses version and cipher suite from what the client has offered.",
            "RFC 5246 7.4.1.3"),
    ROW(TLS, "ServerHello", SERVER,
        "The server chooses version, cipher suite and group, and sends its own key share. From "
        "here "
        "both sides can compute the handshake keys, and all that follows is encrypted.",
        "RFC 8446 4.1.3"),
    TLS_ROW(TLS_1_2, "ChangeCipherSpec", EITHER,
            "From the next record on the sender encrypts with the keys that were agreed.",
            "RFC 5246 7.1"),
    ROW(TLS, "ChangeCipherSpec", EITHER,
        "It means nothing in this version. It is sent so that old middleboxes, which look for it, "
        "take the connection for one of TLS 1.2 that is resumed.",
        "RFC 8446 D.4"),
    ROW(TLS, "EncryptedExtensions", SERVER,
        "The server's answers to extensions that are not needed to compute keys, and so can be "
        "kept from the path.",
        "RFC 8446 4.3.1"),
    TLS_ROW(TLS_1_2, "Certificate", SERVER,
            "The server shows its certificates. In this version they cross in plain.",
            "RFC 5246 7.4.2"),
    ROW(TLS, "Certificate", SERVER,
        "The server shows its certificates, the leaf first. They are public, so they prove nothing "
        "yet: the proof is the next message.",
        "RFC 8446 4.4.2"),
    TLS_ROW(TLS_1_2, "Certificate", CLIENT,
            "The client's certificates, for which the server has asked; none if it has none.",
            "RFC 5246 7.4.6"),
    ROW(TLS, "Certificate", CLIENT,
        "The client's certificates, for which the server has asked; none if it has none.",
        "RFC 8446 4.4.2"),
    ROW(TLS, "CompressedCertificate", EITHER, "The certificates, compressed.", "RFC 8879 4"),
    TLS_ROW(TLS_1_2, "CertificateRequest", SERVER,
            "The server wants the client to show a certificate, too.", "RFC 5246 7.4.4"),
    ROW(TLS, "CertificateRequest", SERVER,
        "The server wants the client to show a certificate, too.", "RFC 8446 4.3.2"),
    ROW(TLS, "CertificateStatus", SERVER,
        "A fresh statement of the CA that the certificate is not revoked, so that the client need "
        "not ask for one.",
        "RFC 6066 8"),
    TLS_ROW(TLS_1_2, "CertificateVerify", CLIENT,
            "A signature over everything said so far, by the key in the client's certificate.",
            "RFC 5246 7.4.8"),
    ROW(TLS, "CertificateVerify", EITHER,
        "A signature over everything said so far, by the key in the certificate. Only its owner "
        "can "
        "make it, and only for this very handshake.",
        "RFC 8446 4.4.3"),
    ROW(TLS, "ServerKeyExchange", SERVER,
        "The server's share of the key exchange, signed by the key in the certificate. Because the "
        "share is new each time, a key stolen later does not open this connection.",
        "RFC 8422 5.4"),
    ROW(TLS, "ServerHelloDone", SERVER,
        "The server's flight is over, and it waits for the client's share.", "RFC 5246 7.4.5"),
    ROW(TLS, "ClientKeyExchange", CLIENT,
        "The client's share of the key exchange. Only now can both sides compute the keys: that is "
        "the round trip that TLS 1.3 saves.",
        "RFC 8422 5.7"),
    TLS_ROW(TLS_1_2, "Finished", CLIENT,
            "A MAC over all that was said, encrypted. It shows that the client "
            "has the same keys and has seen the same handshake.",
            "RFC 5246 7.4.9"),
    TLS_ROW(TLS_1_2, "Finished", SERVER,
            "The server's proof of the same. Once it is checked, the side that waited for it may "
            "send application data.",
            "RFC 5246 7.4.9"),
    ROW(TLS, "Finished", SERVER,
        "A MAC over the whole handshake so far, by a key that only the two ends can know. If "
        "anything had been changed on the way, the check would fail here.",
        "RFC 8446 4.4.4"),
    ROW(TLS, "Finished", CLIENT,
        "The client's MAC over the whole handshake. Right behind it the client may send its first "
        "application data, without waiting for an answer.",
        "RFC 8446 4.4.4"),
    ROW(TLS, "EndOfEarlyData", CLIENT,
        "No more early data comes: what follows is encrypted with the handshake's keys.",
        "RFC 8446 4.5"),
    TLS_ROW(TLS_1_2, "NewSessionTicket", SERVER,
            "The session's state, sealed by a key of the server, for the client to keep. It brings "
            "the ticket back to resume the session, and the server stores nothing.",
            "RFC 5077 3.3"),
    ROW(TLS, "NewSessionTicket", SERVER,
        "A ticket for a later connection: a name for a secret that only these two can derive. The "
        "client that presents it skips the certificates, and may send early data if that is "
        "allowed.",
        "RFC 8446 4.6.1"),
    ROW(TLS, "KeyUpdate", EITHER, "The sender goes on with new keys.", "RFC 8446 4.6.3"),
    TLS_ROW(TLS_1_2, "Alert", EITHER,
            "A side says why it stops. A fatal alert ends the handshake. close_notify is the "
            "orderly end: without it nobody could tell a finished stream from one that was cut "
            "off.",
            "RFC 5246 7.2"),
    ROW(TLS, "Alert", EITHER,
        "A side says why it stops. A fatal alert ends the handshake. close_notify is the orderly "
        "end: without it nobody could tell a finished stream from one that was cut off.",
        "RFC 8446 6"),
    TLS_ROW(TLS_1_2, "application data", EITHER, "Data of the application, encrypted.",
            "RFC 5246 10"),
    ROW(TLS, "application data", EITHER, "Data of the application, encrypted.", "RFC 8446 5.2"),

    /* --- QUIC --- */
    LATER_ROW(QUIC, "Initial", "Retry", CLIENT,
              "The client sends its ClientHello again, unchanged, and brings the Retry's token "
              "back: that proves that it receives at its address.",
              "RFC 9000 8.1.2, 17.2.5.3"),
    ROW(QUIC, "Initial", CLIENT,
        "The packet that begins a connection carries the TLS handshake's first messages. Its keys "
        "are computed from the connection ID that the client's first packet was sent to, so "
        "whoever "
        "saw that one can read it; the encryption keeps out those who did not, and what does not "
        "know QUIC.",
        "RFC 9000 17.2.2, RFC 9001 5.2"),
    ROW(QUIC, "Initial", SERVER,
        "The server's half of the first exchange, under keys from the same connection ID. It names "
        "the connection ID that the client is to use from here on.",
        "RFC 9000 17.2.2, RFC 9001 5.2"),
    ROW(QUIC, "0-RTT", CLIENT,
        "Data that the client sends before it has heard anything, under keys from an earlier "
        "connection. Somebody on the path can record it and send it again, so it must be harmless "
        "when it is repeated.",
        "RFC 9000 17.2.3, RFC 9001 9.2"),
    ROW(QUIC, "Handshake", EITHER,
        "A part of the rest of the TLS handshake, under the handshake's keys. The first one that "
        "the server "
        "receives proves the client's address.",
        "RFC 9000 17.2.4, 8.1"),
    ROW(QUIC, "Retry", SERVER,
        "The server wants a proof of the client's address before it keeps any state, or sends more "
        "than three times what it has received. It answers with a token, and the client must begin "
        "again with it.",
        "RFC 9000 17.2.5, 8.1.2"),
    ROW(QUIC, "Version Negotiation", SERVER,
        "The server does not know the client's version and lists its own.", "RFC 9000 17.2.1"),
    ROW(QUIC, "1-RTT", EITHER,
        "A packet under the connection's final keys. Its header shows little more than the "
        "connection ID.",
        "RFC 9000 17.3.1"),

    /* --- HTTP and WebSocket --- */
    WITH_ROW(HTTP, "request", "upgrade", CLIENT,
             "An HTTP request like any other, but its Upgrade header asks that this connection "
             "becomes something else once the server has agreed.",
             "RFC 6455 4.1, RFC 9110 7.8"),
    ROW(HTTP, "request", CLIENT, "The client asks for something.", "RFC 9110 9"),
    WITH_ROW(HTTP, "response", "upgrade", SERVER,
             "The server agrees by status 101. Right behind this head the connection is no longer "
             "HTTP.",
             "RFC 6455 4.2.2, RFC 9110 15.2.2"),
    ROW(HTTP, "response", SERVER, "The head of the answer.", "RFC 9110 15"),
    ROW(HTTP, "message body", EITHER, "The content, as long as the head has said.", "RFC 9110 6.4"),
    ROW(WEBSOCKET, "ping", EITHER,
        "Asks whether the other side is there. It must be answered by a pong with the same text.",
        "RFC 6455 5.5.2"),
    ROW(WEBSOCKET, "pong", EITHER, "The answer to a ping.", "RFC 6455 5.5.3"),
    ROW(WEBSOCKET, "close", EITHER,
        "The closing handshake: who receives a close sends one back, and then TCP is closed.",
        "RFC 6455 5.5.1"),
    ROW(HTTP2, "connection preface", CLIENT,
        "Fixed bytes, chosen so that most servers of HTTP/1.1 stop at them. They make sure that "
        "both "
        "sides speak HTTP/2.",
        "RFC 9113 3.4"),
    ROW(HTTP2, "SETTINGS", EITHER,
        "The sender's limits, or the acknowledgment of the other side's. Each side sends it first "
        "and without waiting, so it costs no round trip.",
        "RFC 9113 6.5"),
    ROW(HTTP2, "WINDOW_UPDATE", EITHER, "The receiver allows so many more bytes.", "RFC 9113 6.9"),
    ROW(HTTP2, "HEADERS", CLIENT,
        "A request opens a stream. The client does not wait for the server's SETTINGS.",
        "RFC 9113 6.2"),
    ROW(HTTP2, "HEADERS", SERVER, "The head of the answer, on the stream of the request.",
        "RFC 9113 6.2"),
    ROW(HTTP2, "DATA", EITHER, "A part of a body.", "RFC 9113 6.1"),
    ROW(HTTP2, "GOAWAY", EITHER,
        "The sender ends the connection, and says which streams it still has dealt with.",
        "RFC 9113 6.8"),
    ROW(HTTP3, "SETTINGS", EITHER,
        "The sender's limits. It is the first frame on the control stream of each side.",
        "RFC 9114 7.2.4"),
    ROW(HTTP3, "HEADERS", CLIENT, "A request, on a QUIC stream of its own.", "RFC 9114 7.2.2"),
    ROW(HTTP3, "HEADERS", SERVER, "The head of the answer.", "RFC 9114 7.2.2"),
    ROW(HTTP3, "DATA", EITHER, "A part of a body.", "RFC 9114 7.2.1"),
    ROW(HTTP3, "GOAWAY", EITHER, "The sender ends the connection.", "RFC 9114 7.2.6"),
    ROW(HTTP3, "QPACK encoder stream", EITHER, "Entries for the table of header fields.",
        "RFC 9204 4.2"),
    ROW(HTTP3, "QPACK decoder stream", EITHER, "What became of such entries.", "RFC 9204 4.2"),
    ROW(DATA, "data", EITHER, "Data of the application.", "RFC 9293 3.8"),
};

const size_t hs_lore_message_count = COUNT(hs_lore_messages);
