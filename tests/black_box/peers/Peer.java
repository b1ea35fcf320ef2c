import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** java Peer.java CA_FILE HTTPS_PORT TLS_PORT WSS_PORT: one line for each handshake that worked. */
public class Peer {
    public static void main(String[] arguments) throws Exception {
        SSLContext context = trusting(Path.of(arguments[0]));
        int https = Integer.parseInt(arguments[1]);
        int tls = Integer.parseInt(arguments[2]);
        int wss = Integer.parseInt(arguments[3]);
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient client = HttpClient.newBuilder().sslContext(context).version(version).build();
            HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + https + "/")).build(),
                HttpResponse.BodyHandlers.ofString());
            System.out.println("https " + response.version() + " " + response.statusCode());
        }
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", tls)) {
                socket.setEnabledProtocols(new String[] {version});
                socket.startHandshake();
                OutputStream out = socket.getOutputStream();
                out.write("hello\n".getBytes());
                out.flush();
                InputStream in = socket.getInputStream();
                System.out.println("tls " + socket.getSession().getProtocol() + " "
                    + new String(in.readNBytes(5)));
            }
        }
        CompletableFuture<String> echoed = new CompletableFuture<>();
        WebSocket socket = HttpClient.newBuilder().sslContext(context).build().newWebSocketBuilder()
            .buildAsync(URI.create("wss://localhost:" + wss + "/"), new WebSocket.Listener() {
                @Override
                public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
                    echoed.complete(data.toString());
                    return null;
                }

                @Override
                public void onError(WebSocket webSocket, Throwable error) {
                    echoed.completeExceptionally(error);
                }
            }).get(10, TimeUnit.SECONDS);
        socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
        System.out.println("wss " + echoed.get(10, TimeUnit.SECONDS));
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
        System.exit(0);
    }

    private static SSLContext trusting(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
