// node client.js NODE_MODULES CA HTTPS_PORT WS_PORT WSS_PORT: one line for each handshake that worked.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const https = require('https');
const path = require('path');
const [modules, caFile, httpsPort, wsPort, wssPort] = process.argv.slice(2);
const WebSocket = require(path.join(modules, 'ws'));
const ca = fs.readFileSync(caFile);

const get = () => new Promise((done, fail) => {
  https.get(`https://localhost:${httpsPort}/`, { ca }, (response) => {
    const version = response.socket.getProtocol();
    response.resume();
    response.on('end', () => done(`https HTTP/${response.httpVersion} ${response.statusCode} ${version}`));
  }).on('error', fail);
});

const get2 = () => new Promise((done, fail) => {
  const session = http2.connect(`https://localhost:${httpsPort}`, { ca });
  session.on('error', fail);
  const stream = session.request({ ':path': '/' });
  stream.on('response', (headers) => {
    stream.resume();
    stream.on('end', () => session.close(() => done(`http2 ${headers[':status']}`)));
  });
  stream.on('error', fail);
  stream.end();
});

const echo = (url, message) => new Promise((done, fail) => {
  const socket = new WebSocket(url, { ca });
  const answers = [];
  socket.on('open', () => { socket.ping('p'); socket.send(message); });
  socket.on('pong', () => answers.push('pong'));
  socket.on('message', (data, isBinary) => {
    const same = Buffer.compare(Buffer.from(message), data) === 0;
    answers.push(same && isBinary === (typeof message !== 'string') ? 'same' : 'different');
    socket.close(1000);
  });
  socket.on('close', (code) => done(`${url.split(':')[0]} ${answers.join(' ')} ${code}`));
  socket.on('error', fail);
});

(async () => {
  console.log(await get());
  console.log(await get2());
  console.log(await echo(`ws://localhost:${wsPort}/`, 'hello'));
  console.log(await echo(`wss://localhost:${wssPort}/`, 'hello'));
  console.log(await echo(`wss://localhost:${wssPort}/`, Buffer.alloc(300000, 7)));
})().catch((error) => { console.error(error); process.exit(1); });
