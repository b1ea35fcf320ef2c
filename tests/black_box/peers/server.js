// node server.js NODE_MODULES CERT KEY TLS_PORT PLAIN_PORT
// https and wss on one port, http and ws on the other; WebSocket messages are echoed.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const path = require('path');
const [modules, cert, key, tlsPort, plainPort] = process.argv.slice(2);
const { WebSocketServer } = require(path.join(modules, 'ws'));

const page = (request, response) => response.end('hello\n');
const secure = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, page);
const plain = http.createServer(page);
for (const server of [secure, plain]) {
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}
secure.listen(Number(tlsPort), '127.0.0.1');
plain.listen(Number(plainPort), '127.0.0.1');
