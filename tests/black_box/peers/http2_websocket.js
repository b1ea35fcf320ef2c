// node http2_websocket.js CERT KEY PORT PLAIN_PORT: WebSocket over HTTP/2 (RFC 8441), with TLS and without.
// Frames are echoed, pings answered; a path tells what else to do.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const [cert, key, port, plainPort] = process.argv.slice(2);
const settings = { enableConnectProtocol: true };

// Small frames only, as clients of the tests send them.
const frames = (stream) => {
  let held = Buffer.alloc(0);
  stream.on('data', (data) => {
    held = Buffer.concat([held, data]);
    for (;;) {
      if (held.length < 2) return;
      const opcode = held[0] & 15, length = held[1] & 127;
      if (held.length < 6 + length) return;
      const mask = held.subarray(2, 6);
      const payload = Buffer.from(held.subarray(6, 6 + length).map((byte, i) => byte ^ mask[i & 3]));
      held = held.subarray(6 + length);
      const answer = (code) => Buffer.concat([Buffer.from([0x80 | code, length]), payload]);
      if (opcode === 8) stream.end(answer(8));
      else if (opcode === 9) stream.write(answer(10));
      else if (opcode < 3) stream.write(answer(opcode));
    }
  });
};

const serve = (stream, headers) => {
  stream.on('error', () => {});
  const path = headers[':path'];
  if (headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': 404 });
    stream.end('no WebSocket\n');
    return;
  }
  const offered = (headers['sec-websocket-protocol'] || '').split(',').map((name) => name.trim());
  switch (path) {
    case '/forbidden':
      stream.respond({ ':status': 403 });
      stream.end('no\n');
      return;
    case '/moved':
      stream.respond({ ':status': 302, location: '/elsewhere' }, { endStream: true });
      return;
    case '/reset':
      stream.close(http2.constants.NGHTTP2_CANCEL);
      return;
    case '/refused':
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    case '/goaway':
      stream.session.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 0);
      return;
    case '/silent':
      return;
    case '/ends':
      stream.respond({ ':status': 200 }, { endStream: true });
      return;
    case '/deaf':   // upgrades, and then says nothing
      stream.respond({ ':status': 200 });
      return;
    case '/other':
      stream.respond({ ':status': 200, 'sec-websocket-protocol': 'other' });
      return;
    case '/closes':
      stream.respond({ ':status': 200 });
      stream.end(Buffer.from([0x88, 2, 0x03, 0xf3]));   // 1011
      return;
    case '/garbage':
      stream.respond({ ':status': 200 });
      stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      return;
    case '/201':
      stream.respond({ ':status': 201 });
      break;
    default: {
      const answer = { ':status': 200 };
      if (offered.includes('chat')) answer['sec-websocket-protocol'] = 'chat';
      stream.respond(answer);
    }
  }
  frames(stream);
};

const secure = http2.createSecureServer({
  cert: fs.readFileSync(cert), key: fs.readFileSync(key), settings,
});
const plain = http2.createServer({ settings });
for (const server of [secure, plain]) {
  server.on('stream', serve);
  server.on('sessionError', () => {});
}
secure.listen(Number(port), '127.0.0.1');
plain.listen(Number(plainPort), '127.0.0.1');
